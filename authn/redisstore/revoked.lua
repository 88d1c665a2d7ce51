-- The answer of sessionstore.Store.Check. KEYS[1] is the hash of the subject, as sessions.lua
-- writes it. ARGV[1] and ARGV[2] are keys of tokens, and ARGV[3] is a session ID; each may be
-- empty.
--
-- Returns three integers: 1 token revoked + 2 session ended, or -1 if the hash has another
-- format; the beginning of the session, or 0; the not-before, or 0.
--
-- A good access token of a session has its session in the hash, as one that has not ended or one
-- that has. If it has neither, Redis has lost it. So a session of a subject without a hash has
-- ended. For a session that the hash does not have, the not-before is at least the birth of the
-- hash: what was ended before is not known.
local unpack, pack = struct.unpack, struct.pack
local sid = ARGV[3]
local v = redis.call('HMGET', KEYS[1], 'format', 'n', 't' .. ARGV[1], 't' .. ARGV[2], 'e' .. sid, 's' .. sid, 'born')
if v[1] and v[1] ~= '1' then return pack('>i8i8i8', -1, 0, 0) end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local function counts(ends) return ends and now < tonumber(ends) end

local flags, started, notBefore = 0, 0, 0
if counts(v[3]) or counts(v[4]) then flags = 1 end
if v[2] then
  local at, ends = unpack('>i8i8', v[2])
  if now < ends then notBefore = at end
end
if sid ~= '' then
  if v[6] then
    local begun, _, _, expires, _, access = unpack('>i8i8i8i8i8i8', v[6])
    if now < expires or now < access then started = begun end
  end
  if counts(v[5]) or not v[1] then
    flags = flags + 2
  elseif not v[5] and not v[6] then
    notBefore = math.max(notBefore, tonumber(v[7] or 0))
  end
end
return pack('>i8i8i8', flags, started, notBefore)
