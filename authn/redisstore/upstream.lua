-- One step of Link or Linked of sessionstore.Store. KEYS[1] is the hash of a session or a subject
-- at the identity provider. ARGV[1] is the step. All times are milliseconds.
--
-- Fields of the hash: format; n, the latest time up to which sessions have ended, and until when
-- it counts; pruned, the number of fields after the last pruning; of each linked session its ID,
-- with its beginning and until when it is linked. An ID is longer than the other names.
--
-- Each step writes the same in every earlier state that a failover may bring back, and writes
-- also when it finds its change made.
local unpack, pack, max = struct.unpack, struct.pack, math.max
local FORMAT, PAIR, NAMES, SLACK = '1', '>i8i8', 6, 60000
local key, step = KEYS[1], ARGV[1]
local format = redis.call('HGET', key, 'format')
if format and format ~= FORMAT then return {'format'} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

-- each calls f with every linked session, its beginning, and until when it is linked.
local function each(f)
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if #all[i] > NAMES then f(all[i], unpack(PAIR, all[i + 1])) end
  end
end

local function ended()
  local v = redis.call('HGET', key, 'n')
  if v then return unpack(PAIR, v) end
  return 0, 0
end

local function finish(ends)
  redis.call('HSET', key, 'format', FORMAT)
  if redis.call('HLEN', key) >= 2 * tonumber(redis.call('HGET', key, 'pruned') or 0) + 32 then
    each(function(sid, _, kept)
      if now >= kept then redis.call('HDEL', key, sid) end
    end)
    redis.call('HSET', key, 'pruned', redis.call('HLEN', key))
  end
  local life = ends - now + SLACK
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, string.format('%.0f', life)) end
end

local steps = {}

-- ARGV: the session ID, its beginning, keep. The reply has the time up to which sessions ended.
function steps.link()
  local kept = now + tonumber(ARGV[4])
  redis.call('HSET', key, ARGV[2], pack(PAIR, tonumber(ARGV[3]), kept))
  finish(kept)
  local at, counts = ended()
  if now >= counts then at = 0 end
  return {'ok', string.format('%.0f', at)}
end

-- ARGV: the time up to which sessions end, keep. The reply has their IDs.
function steps.linked()
  local reply, upTo = {'ok'}, tonumber(ARGV[2])
  local at, counts = ended()
  at, counts = max(at, upTo), max(counts, now + tonumber(ARGV[3]))
  redis.call('HSET', key, 'n', pack(PAIR, at, counts))
  each(function(sid, begun, kept)
    if now < kept and begun <= upTo then reply[#reply + 1] = sid end
  end)
  finish(counts)
  return reply
end

return steps[step]()
