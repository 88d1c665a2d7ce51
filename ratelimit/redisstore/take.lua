-- Decides for each of KEYS whether it gets ARGV[n] more units of all limits.
--
-- ARGV: the number of limits; for each limit its quota, the width of a sub-bucket (0: the limit
-- keeps the time of each unit) and how long a kept time counts; a life for keys that do not exist;
-- for each key the units, as a negative number if fewer will do. All times are microseconds.
--
-- Reply: one string of five integers of eight bytes for each key. They are units granted * 8 +
-- index of the limit that the rest describes (-1: this package did not write the value), the
-- units that this limit has left, the wait, the time for which the script decided, and the life of
-- the key.
--
-- A key holds one string. It is a mark; the time of the newest unit; then for each limit a head;
-- then the life of the key; then for each bucketed limit the 64 older counts, youngest first. The
-- head of a bucketed limit is the age of the oldest bucket that counts, the sum, and the count of
-- the newest bucket, which contains the time of the newest unit. The head of another limit is its
-- kept times, oldest first. While no bucket moves, the script reads and writes only the heads.
--
-- The script never decides for a time before the time of the newest unit, also if that unit was
-- given back since. So no two units have the same time if a window lies between them.
--
-- The life is a number that the first unit of a key draws. refund.lua gives back only units of the
-- present life: others were debited before a Reset, or before the server lost the key.
--
-- Most calls find one bucketed limit whose newest bucket is now. The loop at the end decides
-- these calls exactly as slow would, without a table of its own, and leaves all other calls to
-- slow. The indexes of GETRANGE and SETRANGE are strings, because Redis prints a number with
-- %.17g.
local call, spread, unpack, pack = redis.call, unpack, struct.unpack, struct.pack
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]

-- slow returns a function that decides about a key in every case, and returns its five integers.
-- It uses no outer local variable: a captured variable would cost every call, also those that do
-- not need slow.
local function slow(now, spread)
  local call, pcall, unpack, pack, floor = redis.call, redis.pcall, struct.unpack, struct.pack, math.floor
  local rep, sub = string.rep, string.sub
  local MARK, HEAD = '\3', '>BI4I4'
  local RING, ZEROS = '>' .. rep('I4', 64), rep('\0', 256)
  local FOREIGN = -1 -- the reply about a value that this package did not write

  local m = tonumber(ARGV[1])
  local born = tonumber(ARGV[3 * m + 2])
  local quota, width, life, from = {}, {}, {}, {}
  local heads, rings, exact = 8, 0, false
  for i = 1, m do
    quota[i], width[i], life[i] = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    from[i] = heads + 1
    if width[i] == 0 then
      exact = true
      heads = heads + 8 * quota[i]
    else
      heads = heads + 9
      rings = rings + 1
    end
  end
  local size = heads + 256 * rings

  local newest, age, sum, cur, free, ring = {}, {}, {}, {}, {}, {}

  -- load fetches the older counts of every limit, as they are stored. It returns false if they do
  -- not add up.
  local function load(key)
    local s = pcall('GETRANGE', key, heads + 7, size + 7)
    if type(s) ~= 'string' or #s ~= 256 * rings then return false end
    local at = 1
    for i = 1, m do
      if width[i] > 0 then
        local r, total = { unpack(RING, s, at) }, cur[i]
        for k = 1, 64 do total = total + r[k] end
        if total ~= sum[i] then return false end
        ring[i], at = r, at + 256
      end
    end
    return true
  end

  return function(key, n)
    local head = pcall('GETRANGE', key, 0, heads + 6)
    if type(head) ~= 'string' then return FOREIGN, 0, 0, 0, 0 end
    local at, fresh, latest, mine = now, head == '', 0, born
    if not fresh then
      if #head ~= heads + 7 or sub(head, 1, 1) ~= MARK then return FOREIGN, 0, 0, 0, 0 end
      latest, mine = unpack('>I7', head, 2), unpack('>I7', head, heads + 1)
      if latest > 2 ^ 53 or mine > 2 ^ 53 then return FOREIGN, 0, 0, 0, 0 end
      -- The clock of the server may have been set back. Decide for no earlier time than before.
      if latest > at then at = latest end
    end
    if fresh then
      for i = 1, m do
        newest[i], age[i], sum[i], cur[i], ring[i] = 0, 0, 0, 0, nil
        free[i] = quota[i]
      end
    else
      for i = 1, m do
        local w = width[i]
        if w > 0 then
          local a, s, c = unpack(HEAD, head, from[i])
          if c > s or s > quota[i] or a > 64 or (a == 0) ~= (c == s) then return FOREIGN, 0, 0, 0, 0 end
          newest[i], age[i], sum[i], cur[i], ring[i] = floor(latest / w), a, s, c, nil
        else
          if unpack('>I8', head, from[i] + 8 * quota[i] - 8) > latest then return FOREIGN, 0, 0, 0, 0 end
          -- The times are in ascending order, so a search by halves finds the first that counts.
          local edge, below, above = at - life[i], 0, quota[i]
          while below < above do
            local middle = floor((below + above) / 2)
            if unpack('>I8', head, from[i] + 8 * middle) <= edge then below = middle + 1 else above = middle end
          end
          free[i] = below
        end
      end
    end

    local moved, room = fresh, nil
    for i = 1, m do
      local w, left = width[i], 0
      if w > 0 then
        local b = floor(at / w)
        local d = b - newest[i]
        if d > 0 then
          if not fresh then
            if not moved and not load(key) then return FOREIGN, 0, 0, 0, 0 end
            moved = true
            local old, r = ring[i], {}
            for k = 1, 64 do r[k] = old[k - d] or 0 end
            if d <= 64 then r[d] = cur[i] end
            local s, oldest = 0, 0
            for k = 1, 64 do
              if r[k] > 0 then s, oldest = s + r[k], k end
            end
            ring[i], sum[i], age[i] = r, s, oldest
          end
          newest[i], cur[i] = b, 0
        end
        left = quota[i] - sum[i]
      else
        left = free[i]
      end
      if not room or left < room then room = left end
    end

    local want, granted = n, 0
    if n < 0 then want = -n end
    if room >= want then granted = want elseif n < 0 then granted = room end
    local refused, need = granted == 0 and want > 0, want
    if n < 0 then need = 1 end

    if granted > 0 then
      local till = 0
      local parts = { MARK, pack('>I7', at) }
      for i = 1, m do
        local ends
        if width[i] > 0 then
          cur[i], sum[i] = cur[i] + granted, sum[i] + granted
          parts[#parts + 1] = pack(HEAD, age[i], sum[i], cur[i])
          ends = (newest[i] + 66) * width[i]
        else
          local q = quota[i]
          -- The kept times stay as they are stored; packing each anew would cost the most.
          parts[#parts + 1] = fresh and rep('\0', 8 * (q - granted)) or sub(head, from[i] + 8 * granted, from[i] + 8 * q - 1)
          parts[#parts + 1] = rep(pack('>I8', at), granted)
          ends = at + life[i]
        end
        if ends > till then till = ends end
      end
      local px = floor((till - now) / 1000) + 2
      if moved or (exact and rings == 0) then
        parts[#parts + 1] = pack('>I7', mine)
        for i = 1, m do
          if width[i] > 0 then
            local r = ring[i]
            if not r then
              parts[#parts + 1] = ZEROS
            else
              parts[#parts + 1] = pack(RING, spread(r, 1, 64))
            end
          end
        end
        call('SET', key, table.concat(parts), 'PX', px)
      else
        call('SETRANGE', key, 0, table.concat(parts))
        if exact then call('PEXPIRE', key, px) end
      end
    end

    local about, least, wait = 1, nil, 0
    for i = 1, m do
      local w, left, till = width[i], 0, 0
      if w > 0 then
        left = quota[i] - sum[i]
        local b = newest[i] - age[i]
        if refused and need - left > 1 then
          -- More than one unit is missing, so more buckets than the oldest may have to leave.
          if age[i] > 0 and not ring[i] and not load(key) then return FOREIGN, 0, 0, 0, 0 end
          local gone, k = 0, 65
          while k > 0 and gone < need - left do
            k = k - 1
            if k == 0 then gone = gone + cur[i] else gone = gone + (ring[i] and ring[i][k] or 0) end
          end
          b = newest[i] - k
        end
        if sum[i] > 0 then till = (b + 65) * w end
      else
        left = free[i] - granted
        local k = left + 1
        if refused then k = need end
        -- The granted units are at the end, and as many of the oldest times have left.
        if k + granted > quota[i] then
          if k <= quota[i] then till = at + life[i] end
        elseif not fresh then
          till = unpack('>I8', head, from[i] + 8 * (k + granted) - 8) + life[i]
        end
        if till <= at then till = 0 end
      end
      local pause = 0
      if till > 0 then pause = till - now end
      if refused then
        if left < need and pause > wait then about, least, wait = i, left, pause end
      elseif not least or left < least or (left == least and pause > wait) then
        about, least, wait = i, left, pause
      end
    end
    return granted * 8 + about - 1, least or 0, wait, at, mine
  end
end

local out, decide = {}, nil
local KEYS, ARGV, REPLY = KEYS, ARGV, '>i8i8i8i8i8'
local base = 3 * ARGV[1] + 2
local quota, width, from = ARGV[2] + 0, ARGV[3] + 0, nil
if base == 5 and width > 0 then from = now - now % width end
for e = 1, #KEYS do
  local key, n = KEYS[e], ARGV[base + e] + 0
  local granted
  if from then
    local head = redis.pcall('GETRANGE', key, '0', '23')
    if type(head) == 'string' and #head == 24 then
      local mark, last, a, s, c, life = unpack('>BI7BI4I4I7', head)
      if mark == 3 and last >= from and last <= now and c <= s and s <= quota and a <= 64 and (a == 0) == (c == s) then
        local left = quota - s
        if n <= left and -n <= left then
          granted = n < 0 and -n or n
        elseif n < 0 then
          granted = left
        elseif n == 1 then
          granted = 0
        end
        if granted then
          if granted > 0 then
            s, c = s + granted, c + granted
            call('SETRANGE', key, '0', pack('>BI7BI4I4', 3, now, a, s, c))
          end
          out[e] = pack(REPLY, granted * 8, quota - s, s > 0 and from + (65 - a) * width - now or 0, now, life)
        end
      end
    end
  end
  if not granted then
    decide = decide or slow(now, spread)
    out[e] = pack(REPLY, decide(key, n))
  end
end
return table.concat(out)
