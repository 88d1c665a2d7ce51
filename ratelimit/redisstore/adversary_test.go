package redisstore

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// An attack is a client that knows how limiters count.
type attack struct {
	c     *counter
	key   [16]byte
	limit ratelimit.Limit
	pass  func(time.Duration) // lets time pass
	log   []int64             // stamps of what was admitted
}

func (a *attack) hit(t *testing.T, n int) {
	for range n {
		before := time.Now().UnixMicro()
		if got := take(t, a.c, a.key, 1, false); got.Granted == 1 {
			a.log = append(a.log, got.Stamp)
			if after := time.Now().UnixMicro(); got.Stamp < epoch && (got.Stamp < before || got.Stamp > after) {
				t.Fatalf("stamp %d is not between %d and %d", got.Stamp, before, after)
			}
		}
	}
}

// worst is the largest number of admitted requests in any interval as long as
// the window: the exact log, which is what a limit means.
func (a *attack) worst() (most int) {
	slices.Sort(a.log)
	from := 0
	for i, at := range a.log {
		for a.log[from] <= at-a.limit.Window.Microseconds() {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

var attacks = map[string]func(t *testing.T, a *attack){
	// One early hit opens the window of whoever counts from the first; then all
	// of it just before its end, and all of the next just after.
	"boundary": func(t *testing.T, a *attack) {
		w, q := a.limit.Window, a.limit.Quota
		a.hit(t, 1)
		a.pass(w * 97 / 100)
		a.hit(t, q*6/5)
		a.pass(w * 4 / 100)
		a.hit(t, q*6/5)
		a.pass(w * 9 / 10)
		a.hit(t, q)
	},
	// A burst at the end of a window, then whatever drips out of it.
	"drip": func(t *testing.T, a *attack) {
		a.hit(t, 1)
		a.pass(a.limit.Window * 95 / 100)
		a.hit(t, a.limit.Quota)
		for range 120 {
			a.pass(a.limit.Window / 60)
			a.hit(t, 2)
		}
	},
	// A burst, and then the pace that a bucket refills at.
	"pace": func(t *testing.T, a *attack) {
		a.hit(t, 1)
		a.pass(a.limit.Window * 95 / 100)
		a.hit(t, a.limit.Quota)
		for range 2 * a.limit.Quota {
			a.pass(a.limit.Window / time.Duration(a.limit.Quota))
			a.hit(t, 1)
		}
	},
	// Bursts on both sides of where two sub-buckets meet.
	"seam": func(t *testing.T, a *attack) {
		for range 40 {
			a.pass(a.limit.Window/16 - time.Microsecond)
			a.hit(t, max(a.limit.Quota/12, 1))
			a.pass(time.Microsecond)
			a.hit(t, max(a.limit.Quota/12, 1))
		}
	},
}

// siege runs every attack in several phases, on a clock of its own or in real
// time, and returns the worst window of each.
func siege(t *testing.T, c *counter, limit ratelimit.Limit, phases int, set func(int64)) map[string]int {
	worst := map[string]int{}
	now := int64(epoch)
	for name, run := range attacks {
		for phase := range phases {
			a := &attack{c: c, key: keyOf(1000*phase + len(name)*7 + rand.IntN(1<<30)), limit: limit}
			a.pass = func(d time.Duration) {
				if set == nil {
					<-time.After(d)
					return
				}
				now += d.Microseconds()
				set(now)
			}
			a.pass(limit.Window * time.Duration(phase) / time.Duration(phases*3))
			run(t, a)
			worst[name] = max(worst[name], a.worst())
		}
	}
	return worst
}

func TestNoWindowHoldsMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []ratelimit.Limit{{Quota: 60, Window: 500 * time.Second}, {Quota: 12, Window: 500 * time.Second}} {
		c := fresh(t, limit)
		for name, worst := range siege(t, c, limit, 5, clockwork(t, c)) {
			if worst > limit.Quota || worst < limit.Quota*8/10 {
				t.Errorf("%v, %s: %d in one window", limit, name, worst)
			}
		}
	}
}

func TestNoWindowHoldsMoreThanTheLimitInRealTime(t *testing.T) {
	t.Parallel()
	besieged(t, func(limit ratelimit.Limit) *counter { return fresh(t, limit) })
}

// On six nodes the keys of the attacks lie in several slots.
func TestNoWindowHoldsMoreThanTheLimitOnACluster(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.StartCluster(t).Addrs()})
	t.Cleanup(func() { _ = rdb.Close() })
	s, err := New(rdb, Config{Timeout: time.Second, Refusals: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	besieged(t, func(limit ratelimit.Limit) *counter { return open(t, s, "siege", limit) })
}

func besieged(t *testing.T, of func(ratelimit.Limit) *counter) {
	t.Helper()
	for _, limit := range []ratelimit.Limit{{Quota: 60, Window: 250 * time.Millisecond}, {Quota: 12, Window: 150 * time.Millisecond}} {
		for name, worst := range siege(t, of(limit), limit, 1, nil) {
			if worst > limit.Quota {
				t.Errorf("%v, %s: %d in one window", limit, name, worst)
			}
			t.Logf("%v, %s: %d", limit, name, worst)
		}
	}
}

// twoCounters is the usual sliding window: the last fixed window, weighted by
// how much of it is still in sight, and this one.
const twoCounters = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local quota, w = tonumber(ARGV[2]), tonumber(ARGV[4]) - 1
local i = math.floor(now / w)
local this = tonumber(redis.call('HGET', KEYS[1], i) or 0)
local last = tonumber(redis.call('HGET', KEYS[1], i - 1) or 0)
if last * (1 - (now % w) / w) + this + 1 > quota then return struct.pack('>i8i8i8i8', 0, 0, 1, now) end
redis.call('HINCRBY', KEYS[1], i, 1)
return struct.pack('>i8i8i8i8', 8, 0, 1, now)`

// fixed is a window that begins with the first hit.
const fixed = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local h = redis.call('HMGET', KEYS[1], 'from', 'n')
if not h[1] or now - h[1] >= ARGV[4] - 1 then h = {now, 0} end
if tonumber(h[2]) >= tonumber(ARGV[2]) then return struct.pack('>i8i8i8i8', 0, 0, 1, now) end
redis.call('HSET', KEYS[1], 'from', h[1], 'n', h[2] + 1)
return struct.pack('>i8i8i8i8', 8, 0, 1, now)`

// The same siege has to break the limiters that it was made for.
func TestSiegeBreaksTheUsualDesigns(t *testing.T) {
	t.Parallel()
	limit := ratelimit.Limit{Quota: 60, Window: 500 * time.Second}
	for name, source := range map[string]string{"two counters": twoCounters, "fixed window": fixed} {
		c := fresh(t, limit)
		c.take = newScript(source)
		worst := 0
		for _, n := range siege(t, c, limit, 5, clockwork(t, c)) {
			worst = max(worst, n)
		}
		if worst < limit.Quota*3/2 {
			t.Errorf("%s: only %d in one window", name, worst)
		}
	}
}

// A steady overload gets what it is owed: refusals cost nothing.
func TestFloodIsNotStarved(t *testing.T) {
	t.Parallel()
	limit := ratelimit.Limit{Quota: 64, Window: 64 * time.Minute}
	c := fresh(t, limit)
	set := clockwork(t, c)
	granted := 0
	for i := range int64(4 * 64 * 5) {
		set(epoch + i*15_000_000) // four times the limit, for five windows
		got, err := c.Take(context.Background(), keyOf(1), 1, false)
		if err != nil {
			t.Fatal(err)
		}
		granted += got.Granted
	}
	if granted < 64*5*15/16 {
		t.Errorf("%d of %d", granted, 64*5)
	}
}
