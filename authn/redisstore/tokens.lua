-- Swap of tokenstore.Store. KEYS[1] is a string, a sealed value. ARGV[1] is the old value and ARGV[2]
-- the next one, '' for none; ARGV[3] is keep in milliseconds.
--
-- The script writes the same in every earlier state that a failover may bring back in which it
-- writes at all, and it writes also when it finds its change made.
local key = KEYS[1]
local has = redis.call('GET', key) or ''
if has ~= ARGV[1] and has ~= ARGV[2] then return {'other'} end
if ARGV[2] == '' then
  redis.call('DEL', key)
else
  redis.call('SET', key, ARGV[2], 'PX', ARGV[3])
end
return {'swapped'}
