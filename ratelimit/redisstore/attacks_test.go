package redisstore

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/lease"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// An attack is a client that knows how limiters count.
type attack struct {
	c      *counter
	key    [16]byte
	limit  ratelimit.Limit
	sleep  func(time.Duration) // lets time pass
	stamps []int64             // stamps of the admitted requests
}

func (a *attack) take(t *testing.T, n int) {
	for range n {
		before := time.Now().UnixMicro()
		if got := take(t, a.c, a.key, 1, false); got.Granted == 1 {
			a.stamps = append(a.stamps, got.Stamp.At)
			if after, at := time.Now().UnixMicro(), got.Stamp.At; at < epoch && (at < before || at > after) {
				t.Fatalf("stamp %d is not between %d and %d", at, before, after)
			}
		}
	}
}

// worstWindow returns the largest number of admitted requests in any interval as long
// as the window. It reads the exact log, which is the definition of a limit.
func (a *attack) worstWindow() (most int) {
	slices.Sort(a.stamps)
	from := 0
	for i, at := range a.stamps {
		for a.stamps[from] <= at-a.limit.Window.Microseconds() {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

var attacks = map[string]func(t *testing.T, a *attack){
	// One early hit opens the window of a limiter that counts from the first hit. Then
	// come a full quota just before the end of the window and a full quota just after
	// it.
	"boundary": func(t *testing.T, a *attack) {
		w, q := a.limit.Window, a.limit.Quota
		a.take(t, 1)
		a.sleep(w * 97 / 100)
		a.take(t, q*6/5)
		a.sleep(w * 4 / 100)
		a.take(t, q*6/5)
		a.sleep(w * 9 / 10)
		a.take(t, q)
	},
	// A burst at the end of a window, then each unit as soon as it is free.
	"drip": func(t *testing.T, a *attack) {
		a.take(t, 1)
		a.sleep(a.limit.Window * 95 / 100)
		a.take(t, a.limit.Quota)
		for range 120 {
			a.sleep(a.limit.Window / 60)
			a.take(t, 2)
		}
	},
	// A burst, and then the pace at which a token bucket refills.
	"pace": func(t *testing.T, a *attack) {
		a.take(t, 1)
		a.sleep(a.limit.Window * 95 / 100)
		a.take(t, a.limit.Quota)
		for range 2 * a.limit.Quota {
			a.sleep(a.limit.Window / time.Duration(a.limit.Quota))
			a.take(t, 1)
		}
	},
	// Bursts on both sides of the point where two sub-buckets meet.
	"seam": func(t *testing.T, a *attack) {
		for range 40 {
			a.sleep(a.limit.Window/16 - time.Microsecond)
			a.take(t, max(a.limit.Quota/12, 1))
			a.sleep(time.Microsecond)
			a.take(t, max(a.limit.Quota/12, 1))
		}
	},
}

// runAttacks runs every attack in several phases, on a clock that the test sets or in
// real time, and returns the worst window of each attack.
func runAttacks(t *testing.T, c *counter, limit ratelimit.Limit, phases int, set func(int64)) map[string]int {
	worst := map[string]int{}
	now := int64(epoch)
	for name, run := range attacks {
		for phase := range phases {
			a := &attack{c: c, key: keyOf(1000*phase + len(name)*7 + rand.IntN(1<<30)), limit: limit}
			a.sleep = func(d time.Duration) {
				if set == nil {
					<-time.After(d)
					return
				}
				now += d.Microseconds()
				set(now)
			}
			a.sleep(limit.Window * time.Duration(phase) / time.Duration(phases*3))
			run(t, a)
			worst[name] = max(worst[name], a.worstWindow())
		}
	}
	return worst
}

func TestNoWindowHoldsMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []ratelimit.Limit{{Quota: 60, Window: 500 * time.Second}, {Quota: 12, Window: 500 * time.Second}} {
		c := newCounter(t, limit)
		for name, worst := range runAttacks(t, c, limit, 5, setClockKey(t, c)) {
			if worst > limit.Quota || worst < limit.Quota*8/10 {
				t.Errorf("%v, %s: %d in one window", limit, name, worst)
			}
		}
	}
}

func TestNoWindowHoldsMoreThanTheLimitInRealTime(t *testing.T) {
	t.Parallel()
	checkInRealTime(t, func(limit ratelimit.Limit) *counter { return newCounter(t, limit) })
}

// On six nodes the keys of the attacks lie in several slots.
func TestNoWindowHoldsMoreThanTheLimitOnACluster(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.StartCluster(t).Addrs()})
	s := newStoreFor(t, rdb, Config{Timeout: time.Second, Refusals: -1})
	checkInRealTime(t, func(limit ratelimit.Limit) *counter { return open(t, s, "siege", limit) })
}

func checkInRealTime(t *testing.T, of func(ratelimit.Limit) *counter) {
	t.Helper()
	for _, limit := range []ratelimit.Limit{{Quota: 60, Window: 250 * time.Millisecond}, {Quota: 12, Window: 150 * time.Millisecond}} {
		for name, worst := range runAttacks(t, of(limit), limit, 1, nil) {
			if worst > limit.Quota {
				t.Errorf("%v, %s: %d in one window", limit, name, worst)
			}
			t.Logf("%v, %s: %d", limit, name, worst)
		}
	}
}

// weightedCounters is the usual sliding window: the previous fixed window, weighted by
// its share of the sliding window, plus the current one.
const weightedCounters = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local quota, w = tonumber(ARGV[2]), tonumber(ARGV[4]) - 1
local i = math.floor(now / w)
local this = tonumber(redis.call('HGET', KEYS[1], i) or 0)
local last = tonumber(redis.call('HGET', KEYS[1], i - 1) or 0)
if last * (1 - (now % w) / w) + this + 1 > quota then return struct.pack('>i8i8i8i8i8', 0, 0, 1, now, 0) end
redis.call('HINCRBY', KEYS[1], i, 1)
return struct.pack('>i8i8i8i8i8', 8, 0, 1, now, 0)`

// fixedWindow is a window that begins with the first hit.
const fixedWindow = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local h = redis.call('HMGET', KEYS[1], 'from', 'n')
if not h[1] or now - h[1] >= ARGV[4] - 1 then h = {now, 0} end
if tonumber(h[2]) >= tonumber(ARGV[2]) then return struct.pack('>i8i8i8i8i8', 0, 0, 1, now, 0) end
redis.call('HSET', KEYS[1], 'from', h[1], 'n', h[2] + 1)
return struct.pack('>i8i8i8i8i8', 8, 0, 1, now, 0)`

// The same attacks have to break the limiters for which they were made.
func TestAttacksBreakTheUsualDesigns(t *testing.T) {
	t.Parallel()
	limit := ratelimit.Limit{Quota: 60, Window: 500 * time.Second}
	for name, source := range map[string]string{"two counters": weightedCounters, "fixed window": fixedWindow} {
		c := newCounter(t, limit)
		c.take = redisscript.New(source, takeInts)
		worst := 0
		for _, n := range runAttacks(t, c, limit, 5, setClockKey(t, c)) {
			worst = max(worst, n)
		}
		if worst < limit.Quota*3/2 {
			t.Errorf("%s: only %d in one window", name, worst)
		}
	}
}

// A steady overload gets its share of the quota, because refusals cost nothing.
func TestFloodIsNotStarved(t *testing.T) {
	t.Parallel()
	limit := ratelimit.Limit{Quota: 256, Window: 256 * time.Minute}
	c := newCounter(t, limit)
	set := setClockKey(t, c)
	granted := 0
	for i := range int64(4 * 256 * 3) {
		set(epoch + i*15_000_000) // four times the limit, for three windows
		got, err := c.Take(context.Background(), keyOf(1), 1, false)
		if err != nil {
			t.Fatal(err)
		}
		granted += got.Granted
	}
	if granted < 256*3*100/102 {
		t.Errorf("%d of %d", granted, 256*3)
	}
}

// A leaseAttack is an attack on several stores of one server. Its stamps say when units
// were debited and not when they were admitted, so it keeps for each admission a time
// before and a time after it.
type leaseAttack struct {
	counters    []*counter
	key         [16]byte
	limit       ratelimit.Limit
	clock       *leaseClock // nil: the attack runs in real time
	before      []time.Time
	after       []time.Time
	leased      int
	nextCounter int
}

// A leaseClock is a time that passes only when an attack lets it pass, for the leases
// and for Redis alike. So a result does not depend on the speed of the machine.
type leaseClock struct {
	now time.Time
	set func(micros int64)
}

func (r *leaseAttack) now() time.Time {
	if r.clock != nil {
		return r.clock.now
	}
	return time.Now()
}

func (r *leaseAttack) pass(d time.Duration) {
	if r.clock != nil {
		r.clock.now = r.clock.now.Add(max(d, 0))
		r.clock.set(r.clock.now.UnixMicro())
		return
	}
	<-time.After(d)
}

// takeOne is Take at the time of the attack.
func (r *leaseAttack) takeOne(i int) (ratelimit.Count, error) {
	c, ctx := r.counters[i], context.Background()
	if r.clock == nil {
		return c.Take(ctx, r.key, 1, false)
	}
	count, ok, wanted := c.leases.Spend(&r.key, r.clock.now, 1)
	if ok {
		return count, nil
	}
	end := time.Now().Add(time.Second)
	count, granted, err := c.queue(&r.key).take(ctx, time.Now(), request{key: r.key, n: 1, deadline: end, leaseWanted: wanted.Wanted})
	c.leases.RecordReply(&r.key, wanted, r.clock.now, count, granted)
	return count, err
}

func (r *leaseAttack) take(t *testing.T, n int) {
	for range n {
		r.takeFrom(t, r.nextCounter%len(r.counters))
		r.nextCounter++
	}
}

func (r *leaseAttack) takeFrom(t *testing.T, i int) bool {
	held := r.counters[i].leases.Held(&r.key, r.now())
	before := r.now()
	got, err := r.takeOne(i)
	if err != nil {
		t.Error(err)
	}
	if got.Granted == 0 {
		return false
	}
	r.before, r.after = append(r.before, before), append(r.after, r.now())
	if held > 0 {
		r.leased++
	}
	return true
}

// worstWindow returns the number of admissions that were certainly at most a window
// apart.
func (r *leaseAttack) worstWindow() (most int) {
	from := 0
	for i := range r.before {
		for r.after[i].Sub(r.before[from]) >= r.limit.Window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// hoard leases as much as it can at the end of a sub-bucket, spends the lease as late
// as possible, and takes the whole limit when the debited units leave the window.
func (r *leaseAttack) hoard(t *testing.T, width time.Duration) {
	edge := func() time.Duration { return time.Duration(r.now().UnixNano()) % width }
	for edge() > width/8 {
		r.pass(width / 16)
	}
	for edge() < width*5/8 { // become hot, at a pace that leases much
		r.take(t, 4)
		r.pass(width / 64)
	}
	last := r.now()
	var late []int
	for i, c := range r.counters {
		for range c.leases.Held(&r.key, last) {
			late = append(late, i)
		}
	}
	r.pass(width - edge() + width/8)
	for _, i := range late {
		r.takeFrom(t, i)
	}
	// Units debited in the sub-bucket of last leave the window that much later.
	left := time.Unix(0, (last.UnixNano()/int64(width)+subBuckets+1)*int64(width))
	r.pass(left.Sub(r.now()) + width/16)
	r.take(t, r.limit.Quota*5/4)
}

// runLeaseAttacks runs every attack on a key of its own, in real time all at once. It returns
// the worst window of each, and the number of leased admissions of all.
func runLeaseAttacks(t *testing.T, cs []*counter, limit ratelimit.Limit, clock *leaseClock) (worst map[string]int, leased int) {
	worst = map[string]int{}
	n := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	run := func(name string, f func(*leaseAttack)) {
		n++
		r := &leaseAttack{counters: cs, key: keyOf(1000 + n), limit: limit, clock: clock}
		attack := func() {
			f(r)
			mu.Lock()
			defer mu.Unlock()
			worst[name] = r.worstWindow()
			leased += r.leased
		}
		if clock != nil {
			attack()
		} else {
			all.Go(attack)
		}
	}
	w, q := limit.Window, limit.Quota
	run("boundary", func(r *leaseAttack) {
		r.take(t, 1)
		r.pass(w * 97 / 100)
		r.take(t, q*6/5)
		r.pass(w * 4 / 100)
		r.take(t, q*6/5)
		r.pass(w * 9 / 10)
		r.take(t, q)
	})
	run("drip", func(r *leaseAttack) {
		r.take(t, 1)
		r.pass(w * 95 / 100)
		r.take(t, q*2/3)
		for range 120 {
			r.pass(w / 60)
			r.take(t, q/50)
		}
	})
	run("pace", func(r *leaseAttack) {
		r.take(t, 1)
		r.pass(w * 95 / 100)
		r.take(t, q*2/3)
		for range q / 8 {
			r.pass(w * 8 / time.Duration(q))
			r.take(t, 10)
		}
	})
	run("seam", func(r *leaseAttack) {
		for range 40 {
			r.pass(w/subBuckets - time.Millisecond)
			r.take(t, q/12)
			r.pass(time.Millisecond)
			r.take(t, q/12)
		}
	})
	run("hoard", func(r *leaseAttack) { r.hoard(t, w/subBuckets) })
	all.Wait()
	return worst, leased
}

func TestLeasesKeepTheBound(t *testing.T) {
	t.Parallel()
	day := ratelimit.Limit{Quota: 100_000, Window: 24 * time.Hour}
	for name, clock := range map[string]*leaseClock{"real time": nil, "given time": {}} {
		limit := ratelimit.Limit{Quota: 400, Window: 800 * time.Millisecond}
		if clock != nil { // Redis lets keys expire by its own clock, so no real second may matter
			limit.Window *= 1000
		}
		for _, limits := range [][]ratelimit.Limit{{limit}, {limit, day}} {
			cs := newLeasingCounters(t, 3, limits...)
			if clock != nil {
				clock.begin(t, cs, time.Now())
			}
			worst, leased := runLeaseAttacks(t, cs, limit, clock)
			for name, n := range worst {
				if n > limit.Quota {
					t.Errorf("%s: %d in one window", name, n)
				}
			}
			if t.Logf("%s: %v, %d leased", name, worst, leased); clock != nil && leased < 100 {
				t.Error("too few were leased")
			}
		}
	}
}

// begin makes the counters read the clock, which begins at start.
func (k *leaseClock) begin(t *testing.T, cs []*counter, start time.Time) {
	k.now = start
	for _, c := range cs {
		k.set = setClockKey(t, c)
	}
	k.set(start.UnixMicro())
}

// The attack has to detect a lease that lives one sub-bucket too long.
func TestAttackDetectsLeasesThatLiveTooLong(t *testing.T) {
	limit := ratelimit.Limit{Quota: 400, Window: 800 * time.Second}
	cs := newLeasingCounters(t, 1, limit)
	width := time.Duration(cs[0].layout.args[2].(int64)) * time.Microsecond
	clock := &leaseClock{}
	// Doubled widths take two sub-buckets for one. After the start such a pair begins.
	clock.begin(t, cs, time.Now().Truncate(2*width).Add(width+width/2))
	cs[0].leases = lease.New(lease.Config{Quota: limit.Quota, Widths: []int64{2 * width.Microseconds()}, Processes: 1, Slots: leaseSlots})
	r := &leaseAttack{counters: cs, key: keyOf(1), limit: limit, clock: clock}
	r.hoard(t, width)
	if worst := r.worstWindow(); worst <= limit.Quota {
		t.Errorf("not detected: %d in one window", worst)
	}
}
