-- Forgets all units of KEYS[1]. ARGV holds the limits as in take.lua, which describes the value
-- of a key.
--
-- The key keeps only a birth. It is later than every unit of the key, also if the clock has been
-- set back since. It stays as long as a refund of one of these units may come, and that is the
-- rest of the key's time to live.
--
-- The script deletes a value that this package did not write. It also deletes a key whose newest
-- unit lies more than a window in the future, debited by a clock that has since been put right:
-- the birth would hold the key to that time.
--
-- Reply, one integer: 0.
local DONE = struct.pack('>i8', 0)
local s = redis.pcall('GET', KEYS[1])
if s == false then return DONE end
local last, longest, size = 0, 0, -1
if type(s) == 'string' and string.sub(s, 1, 1) == '\2' then
  local bare, at = #s == 8, 2
  size = 8
  if bare then last = struct.unpack('>I7', s, 2) end
  for i = 1, tonumber(ARGV[1]) do
    local quota, width = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
    longest = math.max(longest, tonumber(ARGV[3 * i + 1]))
    if not bare then
      local form, from, next = '>I7', at, at + 16
      if width == 0 then
        form, from, next = '>I8', at + 8 * quota - 8, at + 8 * quota
      else
        size = size + 64
      end
      if #s < next then break end
      last = math.max(last, (struct.unpack(form, s, from)))
      size, at = size + next - at, next
    end
  end
end
local t = redis.call('TIME')
local now, left = t[1] * 1000000 + t[2], redis.call('PTTL', KEYS[1])
if #s ~= size or last > now + longest or left < 1 then
  redis.call('UNLINK', KEYS[1])
elseif #s > 8 then
  redis.call('SET', KEYS[1], '\2' .. struct.pack('>I7', math.max(last, now) + 1), 'PX', left)
end
return DONE
