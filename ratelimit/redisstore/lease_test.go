package redisstore

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// leasing is n stores of one server that lease, as n processes would have them.
func leasing(tb testing.TB, n int, limits ...ratelimit.Limit) []*counter {
	tb.Helper()
	addr := redistest.Start(tb).Addr
	all := make([]*counter, n)
	for i := range all {
		all[i] = open(tb, newStore(tb, addr, Config{Timeout: time.Second, Refusals: -1, LeaseAmong: n}), "lease", limits...)
	}
	return all
}

// heat asks for key until its lease has some units.
func heat(tb testing.TB, c *counter, key [16]byte) (taken, held int) {
	tb.Helper()
	for taken = 1; taken < 1000; taken++ {
		take(tb, c, key, 1, false)
		if held := c.leases.held(&key); held > 2 {
			return taken, held
		}
	}
	tb.Fatal("no lease")
	return 0, 0
}

func (ls *leases) held(key *[16]byte) int {
	l, lock := ls.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key || !l.alive(time.Now()) {
		return 0
	}
	return l.units
}

// central asks Redis, past any lease.
func central(tb testing.TB, c *counter, key [16]byte) int {
	tb.Helper()
	plain := *c
	plain.leases = nil
	return int(take(tb, &plain, key, 0, false).Left)
}

func TestLeaseSpendsWhatWasDebited(t *testing.T) {
	c := leasing(t, 1, ratelimit.PerHour(8000), ratelimit.Limit{Quota: 100_000, Window: 24 * time.Hour})[0]
	key := keyOf(1)
	taken, held := heat(t, c, key)
	if got := central(t, c, key); got != 8000-taken-held {
		t.Fatalf("%d left after %d taken and %d leased", got, taken, held)
	}
	before := central(t, c, key)
	for i := range held {
		got := take(t, c, key, 1, false)
		if got.Granted != 1 || got.Left != int64(held-i-1) || got.Left > int64(before) || got.Limit != 0 || got.Wait <= 0 || got.Wait > 2*time.Hour {
			t.Fatalf("%+v", got)
		}
	}
	if after := central(t, c, key); after != before {
		t.Errorf("Redis was asked: %d left, then %d", before, after)
	}
	if got := take(t, c, key, 1, false); got.Granted != 1 || central(t, c, key) >= before {
		t.Errorf("beyond the lease: %+v", got)
	}
}

func TestLeaseAnswersLooksAndParts(t *testing.T) {
	c := leasing(t, 1, ratelimit.PerHour(8000))[0]
	key := keyOf(1)
	_, held := heat(t, c, key)
	if got := take(t, c, key, 0, false); got.Granted != 0 || got.Left != int64(held) {
		t.Errorf("look: %+v, %d held", got, held)
	}
	if got := take(t, c, key, 2, false); got.Granted != 2 || c.leases.held(&key) != held-2 {
		t.Errorf("two: %+v", got)
	}
	before := central(t, c, key)
	if got := take(t, c, key, before, false); got.Granted != before || central(t, c, key) != 0 {
		t.Errorf("all of Redis: %+v", got)
	}
	// Redis has none left; what is leased is there nevertheless.
	if got := take(t, c, key, 100, true); got.Granted != held-2 || got.Left != 0 {
		t.Errorf("at most: %+v, want %d", got, held-2)
	}
	if got := take(t, c, key, 1, false); got.Granted != 0 || got.Wait <= 0 {
		t.Errorf("above the limit: %+v", got)
	}
}

// Leased units that are given back are given back to Redis, where they were
// debited: anybody can have them, once.
func TestLeasedUnitsAreRefunded(t *testing.T) {
	cs := leasing(t, 2, ratelimit.PerHour(8000))
	key := keyOf(1)
	heat(t, cs[0], key)
	before := central(t, cs[1], key)
	got := take(t, cs[0], key, 2, false)
	if err := cs[0].Refund(context.Background(), key, 2, got.Stamp); err != nil {
		t.Fatal(err)
	}
	if after := central(t, cs[1], key); after != before+2 {
		t.Errorf("%d left, then %d", before, after)
	}
}

func TestResetDropsTheLease(t *testing.T) {
	c := leasing(t, 1, ratelimit.PerHour(8000))[0]
	key := keyOf(1)
	heat(t, c, key)
	if err := c.Reset(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	if held := c.leases.held(&key); held != 0 || central(t, c, key) != 8000 {
		t.Errorf("%d held, %d left", held, central(t, c, key))
	}
	// What was asked for before it and comes after it is not ours any more.
	_, _, r := c.leases.spend(&key, time.Now(), 0)
	for r.wanted == 0 {
		_, _, r = c.leases.spend(&key, time.Now(), 1)
		c.leases.recordReply(&key, leaseRequest{generation: r.generation}, time.Now(), ratelimit.Count{Left: 4000}, 0)
	}
	c.leases.drop(&key)
	c.leases.recordReply(&key, r, time.Now(), ratelimit.Count{Left: 9, Stamp: epoch}, r.wanted)
	if held := c.leases.held(&key); held != 0 {
		t.Errorf("%d held of what was forgotten", held)
	}
}

func TestWhoHasNoLease(t *testing.T) {
	for _, limits := range [][]ratelimit.Limit{
		{ratelimit.PerHour(16)},
		{ratelimit.PerHour(16), {Quota: 100, Window: 24 * time.Hour}},
		{ratelimit.PerHour(31)}, // an eighth of it for each of four is nothing
	} {
		if newLeases(newLayout(limits), 4) != nil {
			t.Errorf("%v", limits)
		}
	}
	if newLeases(newLayout([]ratelimit.Limit{ratelimit.PerHour(1000)}), 0) != nil {
		t.Error("leases that nobody wants")
	}
	c := leasing(t, 4, ratelimit.PerHour(8000))[0]
	for i := range 200 { // cold keys
		take(t, c, keyOf(i%100), 1, false)
	}
	for i := range 100 {
		key := keyOf(i)
		if c.leases.held(&key) != 0 || central(t, c, key) != 7998 {
			t.Fatal("a cold key has a lease")
		}
	}
	hot := keyOf(1)
	for range 4000 {
		take(t, c, hot, 1, false)
		if held := c.leases.held(&hot); held > 8000/8/4 {
			t.Fatalf("%d held", held)
		}
	}
}

// A process that dies takes its leases with it: that can only admit too little,
// and only until they have left the window.
func TestCrashMidLease(t *testing.T) {
	window := 800 * time.Millisecond
	cs := leasing(t, 2, ratelimit.Limit{Quota: 800, Window: window})
	key := keyOf(1)
	begin := time.Now()
	taken, held := heat(t, cs[0], key)
	if err := cs[0].store.Close(); err != nil {
		t.Fatal(err)
	}
	granted := 0
	for range 900 {
		granted += take(t, cs[1], key, 1, false).Granted
	}
	if most := 800 - taken - held; granted > most && time.Since(begin) < window {
		t.Errorf("%d granted of %d", granted, most)
	}
	<-time.After(window * 18 / 16)
	if got := central(t, cs[1], key); got != 800 {
		t.Errorf("%d left after the window", got)
	}
}

func TestLeasesRace(t *testing.T) {
	const quota = 4000
	cs := leasing(t, 4, ratelimit.PerHour(quota))
	for round := range 3 {
		var granted atomic.Int64
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				for j := range 100 {
					n := 1 + i%7/6
					got, err := cs[i%4].Take(context.Background(), keyOf(round), n, j%5 == 0)
					if err != nil {
						t.Error(err)
					}
					granted.Add(int64(got.Granted))
				}
			})
		}
		wg.Wait()
		held := 0
		key := keyOf(round)
		for _, c := range cs {
			held += c.leases.held(&key)
		}
		if g := int(granted.Load()); g+held+central(t, cs[0], key) > quota || g < quota*3/4 {
			t.Errorf("%d granted, %d held, %d left", g, held, central(t, cs[0], key))
		}
	}
}

func TestLeaseAllocatesNothing(t *testing.T) {
	c := leasing(t, 1, ratelimit.PerHour(100_000_000))[0]
	key := keyOf(1)
	for c.leases.held(&key) < 5000 {
		take(t, c, key, 1, false)
	}
	ctx := context.Background()
	mwtest.MaxAllocs(t, "spending", 0, func() {
		if got, err := c.Take(ctx, key, 1, false); err != nil || got.Granted != 1 {
			t.Fatal(got, err)
		}
	})
}

// Keys are as many as there are, places are not.
func TestLeasePlacesAreBounded(t *testing.T) {
	ls := newLeases(newLayout([]ratelimit.Limit{ratelimit.PerHour(8000)}), 1)
	now := time.Now()
	hot := keyOf(0)
	var r leaseRequest
	for range hotAfter + 1 {
		_, _, r = ls.spend(&hot, now, 1)
		ls.recordReply(&hot, r, now, ratelimit.Count{Left: 4000}, 0)
	}
	ls.recordReply(&hot, r, now, ratelimit.Count{Left: 4000, Stamp: epoch}, r.wanted)
	if r.wanted == 0 || ls.held(&hot) != r.wanted {
		t.Fatalf("%d asked for, %d held", r.wanted, ls.held(&hot))
	}
	for i := range 100_000 {
		key := keyOf(i + 1)
		if _, ok, _ := ls.spend(&key, now, 1); ok {
			t.Fatal("a lease from nowhere")
		}
	}
	if ls.held(&hot) != r.wanted || len(ls.slots) != leaseSlots {
		t.Error("a flood of keys has displaced a lease that is in use")
	}
}

// A lease ends an eighth before its sub-bucket does: the clock of this machine
// may be that much slower than the one of Redis.
func TestLeaseEndsEarlyForSlowClocks(t *testing.T) {
	const width = time.Second
	ls := newLeases(newLayout([]ratelimit.Limit{{Quota: 16_000, Window: subBuckets * width}}), 1)
	key, sent := [16]byte{1}, time.Now()
	var r leaseRequest
	for range hotAfter {
		if _, _, r = ls.spend(&key, sent, 1); r.wanted == 0 {
			ls.recordReply(&key, r, sent, ratelimit.Count{Left: 16_000}, 0)
		}
	}
	if r.wanted == 0 {
		t.Fatal("the key is not hot")
	}
	ls.recordReply(&key, r, sent, ratelimit.Count{Left: 16_000, Stamp: 7 * width.Microseconds()}, r.wanted)
	for after, want := range map[time.Duration]bool{0: true, width*7/8 - time.Millisecond: true, width * 7 / 8: false, width - 1: false} {
		if _, ok, _ := ls.spend(&key, sent.Add(after), 0); ok != want {
			t.Errorf("after %v: %v, want %v", after, ok, want)
		}
	}
}
