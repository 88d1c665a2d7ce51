-- Gives back up to ARGV[2] units of KEYS[1] that were debited at ARGV[3] in the life ARGV[4] of the
-- key, in each limit in which they still count. The limits follow as in take.lua, which describes
-- the value of a key. Reply, one integer: 0, or -1 if this package did not write the value.
--
-- The script moves no bucket and reads no clock. A count that has left the window is not in the
-- string, or take.lua drops it unread. The time of the newest unit stays, also if that unit is
-- given back.
local spread, unpack, pack, floor, rep, sub = unpack, struct.unpack, struct.pack, math.floor, string.rep, string.sub
local MARK, HEAD, RING = '\3', '>BI4I4', '>' .. string.rep('I4', 64)
local DONE, FOREIGN = pack('>i8', 0), pack('>i8', -1)

local m, n, stamp, life = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local s = redis.pcall('GET', KEYS[1])
if s == false or s == '' then return DONE end
if type(s) ~= 'string' or sub(s, 1, 1) ~= MARK then return FOREIGN end

local quota, width = {}, {}
local heads, rings = 8, 0
for i = 1, m do
  quota[i], width[i] = tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
  if width[i] == 0 then heads = heads + 8 * quota[i] else heads, rings = heads + 9, rings + 1 end
end
if #s ~= heads + 7 + 256 * rings then return FOREIGN end
local latest, mine = unpack('>I7', s, 2), unpack('>I7', s, heads + 1)
if latest > 2 ^ 53 or mine > 2 ^ 53 then return FOREIGN end

local parts, tails, at, ringat = { sub(s, 1, 8) }, {}, 9, heads + 8
for i = 1, m do
  if width[i] > 0 then
    local age, sum, cur = unpack(HEAD, s, at)
    local r = { unpack(RING, s, ringat) }
    at, ringat = at + 9, ringat + 256
    local total = cur
    for k = 1, 64 do total = total + r[k] end
    if total ~= sum or sum > quota[i] then return FOREIGN end
    local k, back = floor(latest / width[i]) - floor(stamp / width[i]), 0
    if k == 0 then
      back = math.min(n, cur)
      cur = cur - back
    elseif k > 0 and k <= 64 then
      back = math.min(n, r[k])
      r[k] = r[k] - back
    end
    sum, age = sum - back, 0
    for j = 1, 64 do
      if r[j] > 0 then age = j end
    end
    parts[#parts + 1] = pack(HEAD, age, sum, cur)
    tails[#tails + 1] = pack(RING, spread(r, 1, 64))
  else
    local kept, back, last = {}, 0, 0
    for k = 1, quota[i] do
      local x = unpack('>I8', s, at)
      if x < last or x > latest then return FOREIGN end
      last = x
      if x == stamp and back < n then back = back + 1 else kept[#kept + 1] = sub(s, at, at + 7) end
      at = at + 8
    end
    parts[#parts + 1] = rep('\0', 8 * back) .. table.concat(kept)
  end
end
if life ~= mine then return DONE end
-- SETRANGE writes in place, so the key keeps its time to live.
parts[#parts + 1] = sub(s, heads + 1, heads + 7)
redis.call('SETRANGE', KEYS[1], 0, table.concat(parts) .. table.concat(tails))
return DONE
