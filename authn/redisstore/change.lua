-- Stores fields of a hash, all or none. KEYS[1] is the hash. ARGV[1] is the format of its
-- values. ARGV[2] and ARGV[3] are a field and the value that it must have; an empty field
-- means no condition. The other arguments are fields and values. The condition is met too
-- if the hash has them already: then the reply to the same call was lost.
--
-- Returns 1, or 0 if the condition is not met, or -1 if the hash has another format.
local format = redis.call('HGET', KEYS[1], 'format')
if format and format ~= ARGV[1] then
  return struct.pack('>i8', -1)
end
if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], ARGV[2]) ~= ARGV[3] then
  local stored = #ARGV > 3
  for i = 4, #ARGV, 2 do
    stored = stored and redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1]
  end
  return struct.pack('>i8', stored and 1 or 0)
end
redis.call('HSET', KEYS[1], 'format', ARGV[1])
for i = 4, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
return struct.pack('>i8', 1)
