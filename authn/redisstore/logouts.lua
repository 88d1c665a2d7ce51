-- One step of Note or Noted of logoutstore.Store. KEYS[1] is a string, a time in milliseconds.
-- ARGV[1] is the time, or '' for Noted; ARGV[2] is keep in milliseconds.
--
-- Each step writes the same in every earlier state that a failover may bring back, and Note
-- writes also when it finds its change made.
local key = KEYS[1]
local at = redis.call('GET', key) or '0'
if not string.find(at, '^%d+$') then return {'format'} end
if ARGV[1] == '' then return {'ok', at} end
at = math.max(tonumber(at), tonumber(ARGV[1]))
local life = math.max(redis.call('PTTL', key), tonumber(ARGV[2]))
redis.call('SET', key, string.format('%.0f', at), 'PX', string.format('%.0f', life))
return {'ok', ''}
