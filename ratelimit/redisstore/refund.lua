-- Gives back up to ARGV[2] units of KEYS[1] that were debited at ARGV[3], in each limit in which
-- they still count. The limits follow as in take.lua, which describes the value of a key. Reply,
-- one integer: 0, or -1 if this package did not write the value.
--
-- The script moves no bucket and reads no clock. A count that has left the window is not in the
-- string, or take.lua drops it unread. Units from before the birth of the key are not in the
-- string either, though other units may be in the same bucket.
local unpack, pack, floor, rep, sub = struct.unpack, struct.pack, math.floor, string.rep, string.sub
local MARK, HEAD, RING = '\2', '>I7BI4I4', '>' .. string.rep('I4', 16)
local DONE, FOREIGN = pack('>i8', 0), pack('>i8', -1)

local n, stamp, m = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[1])
local s = redis.pcall('GET', KEYS[1])
if s == false or s == '' then return DONE end
if type(s) ~= 'string' or sub(s, 1, 1) ~= MARK then return FOREIGN end
if #s == 8 then return unpack('>I7', s, 2) > 2 ^ 53 and FOREIGN or DONE end

local quota, width = {}, {}
local heads, rings = 1, 0
for i = 1, m do
  quota[i], width[i] = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  if width[i] == 0 then heads = heads + 8 * quota[i] else heads, rings = heads + 16, rings + 1 end
end
if #s ~= heads + 7 + 64 * rings then return FOREIGN end
local birth = unpack('>I7', s, heads + 1)
if birth > 2 ^ 53 then return FOREIGN end

local parts, tails, at, ringat = { MARK }, {}, 2, heads + 8
for i = 1, m do
  if width[i] > 0 then
    local last, age, sum, cur = unpack(HEAD, s, at)
    local r = { unpack(RING, s, ringat) }
    at, ringat = at + 16, ringat + 64
    local total = cur
    for k = 1, 16 do total = total + r[k] end
    if total ~= sum or sum > quota[i] or last > 2 ^ 53 or last < birth then return FOREIGN end
    local k, back = floor(last / width[i]) - floor(stamp / width[i]), 0
    if k == 0 then
      back = math.min(n, cur)
      cur = cur - back
    elseif k > 0 and k <= 16 then
      back = math.min(n, r[k])
      r[k] = r[k] - back
    end
    sum, age = sum - back, 0
    for j = 1, 16 do
      if r[j] > 0 then age = j end
    end
    parts[#parts + 1] = pack(HEAD, last, age, sum, cur)
    tails[#tails + 1] = pack(RING, r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8],
      r[9], r[10], r[11], r[12], r[13], r[14], r[15], r[16])
  else
    local kept, back, last = {}, 0, 0
    for k = 1, quota[i] do
      local x = unpack('>I8', s, at)
      at = at + 8
      if x < last or x > 2 ^ 53 then return FOREIGN end
      last = x
      if x == stamp and back < n then back = back + 1 else kept[#kept + 1] = pack('>I8', x) end
    end
    parts[#parts + 1] = rep('\0', 8 * back) .. table.concat(kept)
  end
end
if stamp < birth then return DONE end
-- SETRANGE writes in place, so the key keeps its time to live.
parts[#parts + 1] = pack('>I7', birth)
redis.call('SETRANGE', KEYS[1], 0, table.concat(parts) .. table.concat(tails))
return DONE
