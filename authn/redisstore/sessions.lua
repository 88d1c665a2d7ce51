-- One step of sessionstore.Store for one subject. KEYS[1] is the hash of the subject, and
-- KEYS[2], in the steps that have it, the sealed text of a session. ARGV[1] is the step, and
-- ARGV[2] the session ID, if the step has one. All times are milliseconds.
--
-- The reply is a list of strings. The first one is the outcome.
--
-- Fields of the hash. Each kind begins with a character of its own:
--   format  the format of all fields
--   born    when the hash was created: what was before is not known
--   pruned  the number of fields after the last pruning
--   n       the not-before of the subject, and until when it counts
--   s<sid>  a session: HEAD, its data and its state
--   e<sid>  until when a session that has ended is revoked
--   t<key>  until when an access token is revoked
--
-- A failover may bring back any earlier value of both keys. Each step writes the same in every
-- state that it may find. A step that changes something also writes when it finds its change
-- made, so that a client that waits for the replicas waits for the change of the earlier call.
local unpack, pack, sub, floor, max, min = struct.unpack, struct.pack, string.sub, math.floor, math.max, math.min
local FORMAT, HEAD, HEADSIZE, NOTBEFORE = '1', '>i8i8i8i8i8i8I4', 52, '>i8i8'
local SLACK = 60000 -- how long the hash outlives its last field

local key, step, sid = KEYS[1], ARGV[1], ARGV[2]
local format = redis.call('HGET', key, 'format')
if format and format ~= FORMAT then return {'format'} end
local t = redis.call('TIME')
local now = t[1] * 1000 + floor(t[2] / 1000)

local function text(n) return string.format('%.0f', n) end

local function over(expires, access) return now >= expires and now >= access end

local function decode(v)
  local s = { value = v }
  s.started, s.used, s.rotated, s.expires, s.ends, s.access, s.size = unpack(HEAD, v)
  return s
end

-- find returns a session that is not over, or nil.
local function find(id)
  local v = redis.call('HGET', key, 's' .. id)
  local s = v and decode(v)
  if s and not over(s.expires, s.access) then return s end
end

local function encode(s, data, state)
  return pack(HEAD, s.started, s.used, s.rotated, s.expires, s.ends, s.access, #data) .. data .. state
end

-- each calls f with every field of the hash and its value.
local function each(f)
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do f(all[i], all[i + 1]) end
end

local function isOver(field, value)
  local kind = sub(field, 1, 1)
  if kind == 's' then
    local s = decode(value)
    return over(s.expires, s.access)
  elseif kind == 'e' or kind == 't' then
    return now >= tonumber(value)
  elseif field == 'n' then
    local _, ends = unpack(NOTBEFORE, value)
    return now >= ends
  end
end

-- finish ends a step that has written something that counts until a time. It deletes fields that
-- are over when the hash has doubled, so that a step costs a constant time on average.
local function finish(ends)
  redis.call('HSET', key, 'format', FORMAT)
  redis.call('HSETNX', key, 'born', text(now))
  if redis.call('HLEN', key) >= 2 * tonumber(redis.call('HGET', key, 'pruned') or 0) + 32 then
    each(function(field, value)
      if isOver(field, value) then redis.call('HDEL', key, field) end
    end)
    redis.call('HSET', key, 'pruned', redis.call('HLEN', key))
  end
  local life = ends - now + SLACK
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, text(life)) end
end

-- use records a use of a session now.
local function use(s, idle, access)
  s.used, s.expires = now, min(now + idle, s.ends)
  if access > 0 then s.access = max(s.access, now + access) end
end

-- finish1 is finish for one session.
local function finish1(s) finish(max(s.expires, s.access)) end

-- close ends a session, and returns until when it is revoked.
local function close(id, s, keep)
  local ends = max(now + keep, s.access, tonumber(redis.call('HGET', key, 'e' .. id) or 0))
  redis.call('HSET', key, 'e' .. id, text(ends))
  redis.call('HDEL', key, 's' .. id)
  return ends
end

-- sealed returns the sealed text of the session, or an empty one. Redis deletes it some time
-- after its end.
local function sealed()
  local v = redis.call('GET', KEYS[2])
  if v and now < unpack('>i8', v) then return sub(v, 9) end
  return ''
end

local function notBefore()
  local v = redis.call('HGET', key, 'n')
  if v then return unpack(NOTBEFORE, v) end
  return 0, 0
end

local steps = {}

-- ARGV: idle, absolute, access, max, refuse, keep, data, state.
function steps.create()
  local idle, absolute, access = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
  local most, keep = tonumber(ARGV[6]), tonumber(ARGV[8])
  local v = redis.call('HGET', key, 's' .. sid)
  if v then
    local s = decode(v)
    finish1(s)
    return {'created', text(s.started), text(s.expires)}
  end
  if redis.call('HEXISTS', key, 'e' .. sid) == 1 then return {'ended'} end
  local live, ended, ends = {}, {}, now
  if most > 0 then
    each(function(field, value)
      if sub(field, 1, 1) ~= 's' then return end
      local s = decode(value)
      s.id = sub(field, 2)
      if now < s.expires then live[#live + 1] = s end
    end)
  end
  if most > 0 and #live >= most then
    if ARGV[7] == '1' then return {'full'} end
    table.sort(live, function(a, b)
      if a.started ~= b.started then return a.started < b.started end
      return a.id < b.id
    end)
    for i = 1, #live - most + 1 do
      ended[i] = live[i].id
      ends = max(ends, close(live[i].id, live[i], keep))
    end
  end
  local at, counts = notBefore()
  local started = now
  if now < counts and started <= at then started = at + 1 end
  local s = { started = started, rotated = 0, ends = started + absolute, access = 0, used = started }
  s.expires = min(started + idle, s.ends)
  if access > 0 then s.access = started + access end
  redis.call('HSET', key, 's' .. sid, encode(s, ARGV[9], ARGV[10]))
  finish(max(ends, s.expires, s.access))
  local reply = {'created', text(s.started), text(s.expires)}
  for _, id in ipairs(ended) do reply[#reply + 1] = id end
  return reply
end

-- The outcome is "found", "none", or "ended" if the session is known to have ended.
function steps.read()
  local s = find(sid)
  if s then return {'found', text(now), s.value, sealed()} end
  if redis.call('HEXISTS', key, 'e' .. sid) == 1 then return {'ended'} end
  return {'none'}
end

-- ARGV: idle, access, the kind ("use", "change" or "rotate"), old, new, sealed, sealedFor, every.
function steps.commit()
  local s = find(sid)
  if not s or now >= s.expires then return {'ended'} end
  if ARGV[5] == 'use' and ARGV[4] == '0' and now - s.used < tonumber(ARGV[10]) then
    return {'applied', text(now), s.value, sealed()} -- a use soon after another is not recorded
  end
  use(s, tonumber(ARGV[3]), tonumber(ARGV[4]))
  local data, state = sub(s.value, HEADSIZE + 1, HEADSIZE + s.size), sub(s.value, HEADSIZE + s.size + 1)
  local outcome = 'applied'
  if ARGV[5] ~= 'use' and state ~= ARGV[6] then
    outcome = 'conflict'
  elseif ARGV[5] ~= 'use' then
    state = ARGV[7]
    if ARGV[5] == 'rotate' then
      s.rotated = now
      redis.call('DEL', KEYS[2])
      local life = tonumber(ARGV[9])
      if life > 0 then redis.call('SET', KEYS[2], pack('>i8', now + life) .. ARGV[8], 'PX', ARGV[9]) end
    end
  end
  local value = encode(s, data, state)
  redis.call('HSET', key, 's' .. sid, value)
  finish1(s)
  return {outcome, text(now), value, sealed()}
end

-- ARGV: keep, and the session IDs from ARGV[3] on.
steps['end'] = function()
  local reply, ends = {'ok'}, now
  for i = 3, #ARGV do
    local s = find(ARGV[i])
    if s then
      reply[#reply + 1] = ARGV[i]
      ends = max(ends, close(ARGV[i], s, tonumber(ARGV[2])))
    end
  end
  finish(ends)
  return reply
end

-- The reply is the time, and of each session its ID and its value.
function steps.list()
  local reply = {'ok', text(now)}
  each(function(field, value)
    if sub(field, 1, 1) == 's' and not isOver(field, value) then
      reply[#reply + 1] = sub(field, 2)
      reply[#reply + 1] = value
    end
  end)
  return reply
end

-- ARGV: the key of the token, keep.
function steps.token()
  local ends = max(now + tonumber(ARGV[3]), tonumber(redis.call('HGET', key, 't' .. ARGV[2]) or 0))
  redis.call('HSET', key, 't' .. ARGV[2], text(ends))
  finish(ends)
  return {'ok'}
end

-- ARGV: keep, subjectKeep.
function steps.subject()
  local reply, ends = {'ok'}, now
  each(function(field, value)
    if sub(field, 1, 1) ~= 's' then return end
    local s = decode(value)
    if not over(s.expires, s.access) then
      reply[#reply + 1] = sub(field, 2)
      ends = max(ends, close(sub(field, 2), s, tonumber(ARGV[2])))
    end
  end)
  local at, counts = notBefore()
  at, counts = max(at, now), max(counts, now + tonumber(ARGV[3]))
  redis.call('HSET', key, 'n', pack(NOTBEFORE, at, counts))
  finish(max(ends, counts))
  return reply
end

return steps[step]()
