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

// newLeasingCounters returns the counters of n stores on one server that lease, as n
// processes would have them.
func newLeasingCounters(tb testing.TB, n int, limits ...ratelimit.Limit) []*counter {
	tb.Helper()
	addr := redistest.Start(tb).Addr
	all := make([]*counter, n)
	for i := range all {
		all[i] = open(tb, newStore(tb, addr, Config{Timeout: time.Second, Refusals: -1, LeaseAmong: n}), "lease", limits...)
	}
	return all
}

// takeUntilLeased takes units of key until its lease has more than two.
func takeUntilLeased(tb testing.TB, c *counter, key [16]byte) (taken, held int) {
	tb.Helper()
	for taken = 1; taken < 1000; taken++ {
		take(tb, c, key, 1, false)
		if held := c.leases.Held(&key, time.Now()); held > 2 {
			return taken, held
		}
	}
	tb.Fatal("no lease")
	return 0, 0
}

// leftInRedis returns the units that Redis has left, without using a lease.
func leftInRedis(tb testing.TB, c *counter, key [16]byte) int {
	tb.Helper()
	plain := *c
	plain.leases = nil
	return int(take(tb, &plain, key, 0, false).Left)
}

func TestLeaseSpendsDebitedUnits(t *testing.T) {
	c := newLeasingCounters(t, 1, ratelimit.PerHour(8000), ratelimit.Limit{Quota: 100_000, Window: 24 * time.Hour})[0]
	key := keyOf(1)
	taken, held := takeUntilLeased(t, c, key)
	if got := leftInRedis(t, c, key); got != 8000-taken-held {
		t.Fatalf("%d left after %d taken and %d leased", got, taken, held)
	}
	before := leftInRedis(t, c, key)
	for i := range held {
		got := take(t, c, key, 1, false)
		if got.Granted != 1 || got.Left != int64(held-i-1) || got.Left > int64(before) || got.Limit != 0 || got.Wait <= 0 || got.Wait > 2*time.Hour {
			t.Fatalf("%+v", got)
		}
	}
	if after := leftInRedis(t, c, key); after != before {
		t.Errorf("Redis was asked: %d left, then %d", before, after)
	}
	if got := take(t, c, key, 1, false); got.Granted != 1 || leftInRedis(t, c, key) >= before {
		t.Errorf("beyond the lease: %+v", got)
	}
}

func TestLeaseServesReadsAndPartialTakes(t *testing.T) {
	c := newLeasingCounters(t, 1, ratelimit.PerHour(8000))[0]
	key := keyOf(1)
	_, held := takeUntilLeased(t, c, key)
	if got := take(t, c, key, 0, false); got.Granted != 0 || got.Left != int64(held) {
		t.Errorf("read: %+v, %d held", got, held)
	}
	if got := take(t, c, key, 2, false); got.Granted != 2 || c.leases.Held(&key, time.Now()) != held-2 {
		t.Errorf("two: %+v", got)
	}
	before := leftInRedis(t, c, key)
	if got := take(t, c, key, before, false); got.Granted != before || leftInRedis(t, c, key) != 0 {
		t.Errorf("all of Redis: %+v", got)
	}
	// Redis has no units left, but the lease still has its own.
	if got := take(t, c, key, 100, true); got.Granted != held-2 || got.Left != 0 {
		t.Errorf("at most: %+v, want %d", got, held-2)
	}
	if got := take(t, c, key, 1, false); got.Granted != 0 || got.Wait <= 0 {
		t.Errorf("above the limit: %+v", got)
	}
}

// A refund of leased units goes to Redis, where they were debited, so any process can
// take them, once.
func TestLeasedUnitsAreRefunded(t *testing.T) {
	cs := newLeasingCounters(t, 2, ratelimit.PerHour(8000))
	key := keyOf(1)
	takeUntilLeased(t, cs[0], key)
	before := leftInRedis(t, cs[1], key)
	got := take(t, cs[0], key, 2, false)
	if err := cs[0].Refund(context.Background(), key, 2, got.Stamp); err != nil {
		t.Fatal(err)
	}
	if after := leftInRedis(t, cs[1], key); after != before+2 {
		t.Errorf("%d left, then %d", before, after)
	}
}

func TestResetDropsTheLease(t *testing.T) {
	c := newLeasingCounters(t, 1, ratelimit.PerHour(8000))[0]
	key := keyOf(1)
	takeUntilLeased(t, c, key)
	if err := c.Reset(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	if held := c.leases.Held(&key, time.Now()); held != 0 || leftInRedis(t, c, key) != 8000 {
		t.Errorf("%d held, %d left", held, leftInRedis(t, c, key))
	}
	// A reply that was asked for before the reset and comes after it must not fill the
	// lease.
	_, _, r := c.leases.Spend(&key, time.Now(), 0)
	for r.Wanted == 0 {
		_, _, r = c.leases.Spend(&key, time.Now(), 1)
		unasked := r
		unasked.Wanted = 0
		c.leases.RecordReply(&key, unasked, time.Now(), ratelimit.Count{Left: 4000}, 0)
	}
	c.leases.Drop(&key)
	c.leases.RecordReply(&key, r, time.Now(), ratelimit.Count{Left: 9, Stamp: ratelimit.Stamp{At: epoch}}, r.Wanted)
	if held := c.leases.Held(&key, time.Now()); held != 0 {
		t.Errorf("%d held of forgotten units", held)
	}
}

func TestLimitsAndKeysWithoutLease(t *testing.T) {
	for _, limits := range [][]ratelimit.Limit{
		{ratelimit.PerHour(16)},
		{ratelimit.PerHour(16), {Quota: 100, Window: 24 * time.Hour}},
		{ratelimit.PerHour(31)}, // an eighth of 31 divided by 4 rounds down to 0
	} {
		if newLeases(newLayout(limits), 4) != nil {
			t.Errorf("%v", limits)
		}
	}
	if newLeases(newLayout([]ratelimit.Limit{ratelimit.PerHour(1000)}), 0) != nil {
		t.Error("leases for LeaseAmong 0")
	}
	c := newLeasingCounters(t, 4, ratelimit.PerHour(8000))[0]
	for i := range 200 { // cold keys
		take(t, c, keyOf(i%100), 1, false)
	}
	for i := range 100 {
		key := keyOf(i)
		if c.leases.Held(&key, time.Now()) != 0 || leftInRedis(t, c, key) != 7998 {
			t.Fatal("a cold key has a lease")
		}
	}
	hot := keyOf(1)
	for range 4000 {
		take(t, c, hot, 1, false)
		if held := c.leases.Held(&hot, time.Now()); held > 8000/8/4 {
			t.Fatalf("%d held", held)
		}
	}
}

// A process that dies takes its leases with it. That can only admit too little, and
// only until the leased units have left the window.
func TestCrashMidLease(t *testing.T) {
	window := 800 * time.Millisecond
	cs := newLeasingCounters(t, 2, ratelimit.Limit{Quota: 800, Window: window})
	key := keyOf(1)
	begin := time.Now()
	taken, held := takeUntilLeased(t, cs[0], key)
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
	if got := leftInRedis(t, cs[1], key); got != 800 {
		t.Errorf("%d left after the window", got)
	}
}

func TestLeasesRace(t *testing.T) {
	const quota = 4000
	cs := newLeasingCounters(t, 4, ratelimit.PerHour(quota))
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
			held += c.leases.Held(&key, time.Now())
		}
		if g := int(granted.Load()); g+held+leftInRedis(t, cs[0], key) > quota || g < quota*3/4 {
			t.Errorf("%d granted, %d held, %d left", g, held, leftInRedis(t, cs[0], key))
		}
	}
}

func TestLeaseAllocatesNothing(t *testing.T) {
	c := newLeasingCounters(t, 1, ratelimit.PerHour(100_000_000))[0]
	key := keyOf(1)
	for c.leases.Held(&key, time.Now()) < 5000 {
		take(t, c, key, 1, false)
	}
	ctx := context.Background()
	mwtest.MaxAllocs(t, "spending", 0, func() {
		if got, err := c.Take(ctx, key, 1, false); err != nil || got.Granted != 1 {
			t.Fatal(got, err)
		}
	})
}
