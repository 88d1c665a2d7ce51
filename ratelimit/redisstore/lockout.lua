-- One step of lockout.Store, for the one account whose key is KEYS[1].
--
-- ARGV: the step; the id of the pair; of the policy PerAddress, PerAccount, DelayAfter,
-- FirstDelay, MaxDelay, Window, KnownFor and MaxKnown, all 0 if the step has no policy; the stamp
-- of the reservation, or the lifetime of a token; 1 if the pair was known at Begin + 2 if it must
-- not become known; the hash of the token. All times are microseconds.
--
-- Reply: one string of four integers of eight bytes. They are 1 allowed + 2 known + 4 locked (-1:
-- this package did not write the value), failures, wait, stamp.
--
-- A key holds one string: a mark; the time of the last step, of the last forget and of the end of
-- the token; the number of known and of unknown pairs; the counter of the account; of each known
-- pair its id, its counter and until when it is known; of each unknown pair its id and its
-- counter; the hash of the token; and, with the second mark, by how much the times of the key are
-- ahead of the clock.
--
-- A failover may bring back any earlier value of a key. Then the outcome of a guess reaches a
-- value that has never counted the guess. So an outcome changes the account only if the pair has
-- counted the guess. Earlier versions of this script did not see to that, and wrote accounts with
-- fewer guesses than their pairs. read repairs these.
--
-- Nothing is merged. Each failure of an unknown pair is also a failure of the account, so there
-- are never more unknown pairs than failures that one account may have. A pair that was known may
-- have failures that do not count for the account. It stays in the known list while they count.
-- Only a login adds to that list, and no login does when the list is very long.
local unpack, pack, sub, floor, min = struct.unpack, struct.pack, string.sub, math.floor, math.min
local MARK, AHEADMARK, COUNT, HEAD = 'L', 'M', 'BBI8I8', '>I8I8I8BBBBI8I8'
local KNOWN, UNKNOWN = '>c8' .. COUNT .. 'I8', '>c8' .. COUNT
local HEADSIZE, KNOWNSIZE, UNKNOWNSIZE, TOKENSIZE, AHEADSIZE = 45, 34, 26, 32, 8
local MOST, MOSTKNOWN, LAST = 100, 128, 2 ^ 53
local UNDERWAY = 600000000 -- the minimum time for which a forget is remembered: no login takes longer

local function reply(...) return pack('>i8i8i8i8', ...) end

local key, step, pair = KEYS[1], ARGV[1], ARGV[2]
local perAddress, perAccount, delayAfter = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local firstDelay, maxDelay, window = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local knownFor, maxKnown = tonumber(ARGV[9]), tonumber(ARGV[10])
local stamp, about, hash = tonumber(ARGV[11]), tonumber(ARGV[12]), ARGV[13]

local STANDSTILL = 1000000 -- the longest time for which the time of a key stands still

local t = redis.call('TIME')
-- The time of the key, and the time for which the script decides. The clock of the server may have
-- been set back, but at never goes back. Where at would stand still for long, the key adds the
-- difference to the clock from then on, so that no delay becomes longer. No two steps have the
-- same time, so a stamp tells which reservations a counter has seen.
local now = t[1] * 1000000 + t[2]
local at = now

local latest, forgot, ends, ahead, token = 0, 0, 0, 0, ''
local account, known, unknown = nil, {}, {}

local function fresh() return { n = 0, p = 0, last = 0, since = at } end

local function sound(n, p, last, since)
  return n <= MOST and p <= n and last <= latest and since <= latest and (n == 0) == (last == 0)
end

-- repair makes the account count at least the guesses of its unknown pairs.
local function repair()
  local n, p, last = 0, 0, 0
  for i = 1, #unknown do
    local c = unknown[i]
    n, p = n + c.n, p + c.p
    if c.last > last then last = c.last end
  end
  if n > account.n then account.n = min(n, MOST) end
  if p > account.p then account.p = min(p, account.n) end
  if last > account.last then account.last = last end
end

-- read returns false if this package did not write the value.
local function read(s)
  if type(s) ~= 'string' or #s < HEADSIZE then return false end
  local mark = sub(s, 1, 1)
  if mark == AHEADMARK and #s >= HEADSIZE + AHEADSIZE then
    ahead = unpack('>I8', s, #s - AHEADSIZE + 1)
    if ahead > LAST then return false end
    s = sub(s, 1, #s - AHEADSIZE)
  elseif mark ~= MARK then
    return false
  end
  local k, u, n, p, last, since
  latest, forgot, ends, k, u, n, p, last, since = unpack(HEAD, s, 2)
  local size = HEADSIZE + KNOWNSIZE * k + UNKNOWNSIZE * u
  if ends > 0 then size = size + TOKENSIZE end
  if #s ~= size or k > MOSTKNOWN or latest > LAST or forgot > latest or ends > LAST then return false end
  if not sound(n, p, last, since) then return false end
  account = { n = n, p = p, last = last, since = since }
  local pos, till, id = HEADSIZE + 1, nil, nil
  for i = 1, k do
    id, n, p, last, since, till = unpack(KNOWN, s, pos)
    if not sound(n, p, last, since) or till > LAST then return false end
    known[i] = { id = id, n = n, p = p, last = last, since = since, till = till }
    pos = pos + KNOWNSIZE
  end
  for i = 1, u do
    id, n, p, last, since = unpack(UNKNOWN, s, pos)
    if n == 0 or not sound(n, p, last, since) then return false end
    unknown[i] = { id = id, n = n, p = p, last = last, since = since }
    pos = pos + UNKNOWNSIZE
  end
  token = sub(s, pos)
  repair()
  return true
end

local function keep(list, wanted)
  local kept = {}
  for i = 1, #list do
    if wanted(list[i]) then kept[#kept + 1] = list[i] end
  end
  return kept
end

local function is_known(c) return c.till > at end
local function remembered(c) return is_known(c) or c.n > 0 end

local function write()
  repair()
  local till, out, counts = ends, { '', '' }, account.n > 0
  if forgot > 0 and forgot + UNDERWAY > till then till = forgot + UNDERWAY end
  known = keep(known, remembered)
  for i = 1, #known do
    local c = known[i]
    out[#out + 1] = pack(KNOWN, c.id, c.n, c.p, c.last, c.since, c.till)
    if c.till > till then till = c.till end
    if c.n > 0 then
      counts = true
      if c.last + window > till then till = c.last + window end
    end
  end
  unknown = keep(unknown, function(c) return c.n > 0 end)
  for i = 1, #unknown do
    local c = unknown[i]
    out[#out + 1] = pack(UNKNOWN, c.id, c.n, c.p, c.last, c.since)
  end
  if account.n == 0 then account.last = 0 end
  if account.n > 0 and account.last + window > till then till = account.last + window end
  if till <= now and not counts then return redis.call('DEL', key) end
  local px = floor((till - now) / 1000) + 2
  if window == 0 and counts then
    local left = redis.call('PTTL', key) -- this step does not know how long failures count
    if left < 1 then left = 1 end
    if left > px then px = left end
  end
  out[1], out[2] = MARK, pack(HEAD, at, forgot, ends, #known, #unknown, account.n, account.p, account.last, account.since)
  out[#out + 1] = token
  if ahead > 0 then out[1], out[#out + 1] = AHEADMARK, pack('>I8', ahead) end
  return redis.call('SET', key, table.concat(out), 'PX', px)
end

local function find(list)
  for i = 1, #list do
    if list[i].id == pair then return list[i] end
  end
end

-- due returns when a counter admits a guess, and whether it is at its limit.
local function due(c)
  if c.n >= perAddress then return c.last + window, true end
  if c.n < delayAfter then return 0, false end
  local d = firstDelay * 2 ^ (c.n - delayAfter)
  if d > maxDelay then d = maxDelay end
  return c.last + d, false
end

local function reserve(c) c.n, c.p, c.last = c.n + 1, c.p + 1, at end

-- holds returns whether c counts the reservation with this stamp.
local function holds(c, stamp) return c.since <= stamp and stamp <= c.last and c.p > 0 end

-- refund returns whether c counted the reservation.
local function refund(c, stamp)
  if not holds(c, stamp) then return false end
  c.n, c.p = c.n - 1, c.p - 1
  if c.n == 0 then c.last = 0 end
  return true
end

local function reset(c)
  c.n = c.p
  if c.n == 0 then c.last = 0 end
end

-- fail returns whether c counted the reservation, and whether this failure reaches the limit. A
-- failure that c has not counted still begins its window anew. Its stamp may be false.
local function fail(c, stamp, limit)
  if c.n == 0 then return false, false end
  local counted = stamp and holds(c, stamp)
  c.last = at
  if not counted then return false, false end
  c.p = c.p - 1
  return true, c.n - c.p == limit
end

-- lapse makes a reservation of the account a failure that has outlived the counter of its pair.
local function lapse(stamp)
  if at - stamp < window or not holds(account, stamp) then return end
  local p = 0
  for i = 1, #unknown do p = p + unknown[i].p end
  if account.p > p then account.p = account.p - 1 end
end

-- put moves a pair to the end of the known list.
local function put(c)
  local function other(x) return x ~= c end
  known, unknown = keep(known, other), keep(unknown, other)
  known[#known + 1] = c
end

-- welcome forgets the failures of the pair, and makes the pair known if that is possible.
local function welcome(k, u, barred)
  if k or u then reset(k or u) end
  if barred then return end
  if not k then
    if #known >= MOSTKNOWN then return end
    local all = keep(known, is_known)
    table.sort(all, function(a, b) return a.till < b.till end)
    for i = 1, #all - maxKnown + 1 do all[i].till = 0 end
    k = u or fresh()
    k.id = pair
    put(k)
  end
  k.till = at + knownFor
end

local function unlock()
  reset(account)
  for i = 1, #known do reset(known[i]) end
  for i = 1, #unknown do reset(unknown[i]) end
  ends, token = 0, ''
end

local s = redis.pcall('GET', key)
if type(s) == 'table' and s.err and not string.find(s.err, 'WRONGTYPE', 1, true) then return s end
if not s then
  account = fresh()
elseif not read(s) then
  if step ~= 'unlock' then return reply(-1, 0, 0, 0) end
  redis.call('DEL', key) -- a caller that may unlock may also clear an unreadable value
  return reply(0, 0, 0, 0)
end
now = now + ahead
local setBack = latest - now > STANDSTILL
if setBack then ahead, now = ahead + latest + 1 - now, latest + 1 end
at = now
if at <= latest then at = latest + 1 end
if ends <= at then ends, token = 0, '' end
if window > 0 then
  local function old(c) return c.n > 0 and at - c.last >= window end
  if old(account) then account, unknown = fresh(), {} end
  unknown = keep(unknown, function(c) return not old(c) end)
  for i = 1, #known do
    local c = known[i]
    if old(c) then c.n, c.p, c.last, c.since = 0, 0, 0, at end
  end
end
known = keep(known, remembered)
local k, u = find(known), find(unknown)
if k and not is_known(k) then k, u = nil, k end

if step == 'begin' then
  local flags, failures, free, locked = 0, account.n, 0, false
  if k then
    flags, failures = 2, k.n
    free, locked = due(k)
  else
    if u then free, locked = due(u) end
    if account.n >= perAccount then
      locked = true
      if account.last + window > free then free = account.last + window end
    end
  end
  if locked then flags = flags + 4 end
  if free > at then
    if setBack then write() end -- else the delay would not end before the clock gets there
    return reply(flags, failures, free - now, 0)
  end
  if k then
    reserve(k)
  else
    if not u then
      u = fresh()
      u.id = pair
      unknown[#unknown + 1] = u
    end
    reserve(u)
    reserve(account)
  end
  write()
  return reply(flags + 1, failures, 0, at)
end

local wasKnown, barred = about % 2 == 1, about >= 2
if step == 'fail' then
  local c, counted, locked = k or u or fresh(), false, false
  local mayCount = not (wasKnown and u)
  if not mayCount and (u.till or #known < MOSTKNOWN) then -- this failure does not count for the account
    u.till, mayCount = 0, true
    put(u)
  end
  if mayCount then counted, locked = fail(c, stamp, perAddress) end
  local failures, free = c.n - c.p, due(c)
  if not wasKnown then
    local full
    if not counted then lapse(stamp) end
    counted, full = fail(account, counted and stamp, perAccount)
    locked, failures = locked or full, account.n - account.p
  end
  if not counted then failures = 0 end
  if not k and account.n >= perAccount and account.last + window > free then free = account.last + window end
  local flags, wait = 0, 0
  if wasKnown then flags = 2 end
  if locked then flags = flags + 4 end
  if free > at then wait = free - now end
  write()
  return reply(flags, failures, wait, 0)
elseif step == 'succeed' or step == 'cancel' then
  local c = k or u
  local counted = c and refund(c, stamp)
  if not wasKnown and counted then refund(account, stamp) end
  if not wasKnown and not counted then lapse(stamp) end
  if step == 'succeed' then welcome(k, u, barred or stamp < forgot) end
elseif step == 'unlock' then
  unlock()
elseif step == 'issue' then
  ends, token = at + stamp, hash
elseif step == 'redeem' then
  if ends == 0 or token ~= hash then
    if setBack then write() end
    return reply(0, 0, 0, 0)
  end
  unlock()
  welcome(k, u, barred)
elseif step == 'forget' then
  forgot = at
  for i = 1, #known do known[i].till = 0 end
end
write()
return reply(1, 0, 0, 0)
