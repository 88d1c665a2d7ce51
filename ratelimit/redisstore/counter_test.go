package redisstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// The comparison with the model has to detect a refund or reset script that is wrong in
// a small way.
func TestModelDetectsBrokenRefundAndReset(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string][2]string{
		"units from before birth":  {"if stamp < birth then return DONE end", ""},
		"units debited at birth":   {"if stamp < birth", "if stamp <= birth"},
		"birth at the last unit":   {"math.max(last, now) + 1", "math.max(last, now)"},
		"birth by the clock alone": {"math.max(last, now) + 1", "now + 1"},
		"key from a wrong clock":   {"or last > now + longest", ""},
		"reset twice":              {"elseif #s > 8 then", "else"},
	} {
		seen := false
		for _, limits := range limitSets {
			c := newCounter(t, limits...)
			refund, reset := strings.Replace(refundSource, edit[0], edit[1], 1), strings.Replace(resetSource, edit[0], edit[1], 1)
			if refund == refundSource && reset == resetSource {
				t.Fatalf("%s: nothing to break", name)
			}
			c.refund = redisscript.New(refund, giveBackInts)
			for seed := uint64(0); seed < 16 && !seen; seed++ {
				c.take, c.reset = redisscript.New(takeSource, takeInts), redisscript.New(reset, giveBackInts)
				seen = firstDifference(t, c, limits, seed, 250) != ""
			}
		}
		if !seen {
			t.Errorf("%s: not detected", name)
		}
	}
}

// waysToLoseKey are the ways in which a key is lost, and how far the clock may move
// meanwhile. Only a Reset may see a clock that stands still or goes back: a server that
// restarts takes its time.
var waysToLoseKey = map[string]struct {
	lose  func(c *counter, key [16]byte) error
	clock []int64
}{
	"Reset": {func(c *counter, key [16]byte) error { return c.Reset(context.Background(), key) }, []int64{-40_000_000, -1, 0, 1, 900_000}},
	"Reset twice": {func(c *counter, key [16]byte) error {
		_ = c.Reset(context.Background(), key)
		return c.Reset(context.Background(), key)
	}, []int64{-40_000_000, -1, 0, 1, 900_000}},
	"lost": {func(c *counter, key [16]byte) error {
		return c.store.client.Del(context.Background(), c.keyName(&key)).Err()
	}, []int64{1, 900_000}},
}

// A refund of units from before a key was lost must not reduce the units taken since.
func TestRefundAfterKeyIsLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		set, i := setClockKey(t, c), 0
		for name, way := range waysToLoseKey {
			for _, passed := range way.clock {
				i++
				key, all := keyOf(i), c.layout.minQuota
				set(epoch)
				old := take(t, c, key, all, false)
				if err := way.lose(c, key); err != nil {
					t.Fatal(err)
				}
				set(epoch + passed)
				since := take(t, c, key, all, false)
				if old.Granted != all || since.Granted != all || since.Stamp <= old.Stamp {
					t.Fatalf("%v, %s: %+v, then %+v", limits, name, old, since)
				}
				if err := c.Refund(ctx, key, all, old.Stamp); err != nil {
					t.Fatal(err)
				}
				if got := take(t, c, key, all, true); got.Granted != 0 {
					t.Errorf("%v, %s and %d µs: %d units too many", limits, name, passed, got.Granted)
				}
				if err := c.Refund(ctx, key, all, since.Stamp); err != nil {
					t.Fatal(err)
				}
				if got := take(t, c, key, all, true); got.Granted != all {
					t.Errorf("%v, %s and %d µs: %d of the refunded units", limits, name, passed, got.Granted)
				}
			}
		}
	}
}

// The rest of a reset key expires when its units would have, and a reset of a key that
// never existed leaves nothing.
func TestResetLeavesOnlyABirth(t *testing.T) {
	ctx := context.Background()
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		key, rdb := keyOf(1), c.store.client
		if err := c.Reset(ctx, key); err != nil || rdb.Exists(ctx, c.keyName(&key)).Val() != 0 {
			t.Errorf("%v: a key of nothing, %v", limits, err)
		}
		take(t, c, key, 1, false)
		before := rdb.PTTL(ctx, c.keyName(&key)).Val()
		for range 2 {
			if err := c.Reset(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		if n, left := rdb.StrLen(ctx, c.keyName(&key)).Val(), rdb.PTTL(ctx, c.keyName(&key)).Val(); n != 8 || left <= 0 || left > before {
			t.Errorf("%v: %d bytes for %v of %v", limits, n, left, before)
		}
		if got := take(t, c, key, 0, false); got.Wait != 0 || got.Left != int64(limits[got.Limit].Quota) {
			t.Errorf("%v: %+v", limits, got)
		}
	}
}

// A refund of leased units uses the stamp at which they were debited.
func TestRefundOfForgottenLease(t *testing.T) {
	ctx, key := context.Background(), keyOf(1)
	c := newLeasingCounters(t, 1, ratelimit.PerHour(1000))[0]
	var last ratelimit.Count
	for range 40 {
		last = take(t, c, key, 1, false)
	}
	if !last.Cached {
		t.Fatal("nothing was leased")
	}
	if err := c.Reset(ctx, key); err != nil {
		t.Fatal(err)
	}
	take(t, c, key, 1000, false)
	if err := c.Refund(ctx, key, 40, last.Stamp); err != nil {
		t.Fatal(err)
	}
	if got := take(t, c, key, 40, true); got.Granted != 0 {
		t.Errorf("%d units too many", got.Granted)
	}
}

// The same through HTTP: requests that will succeed are under way while the key is
// reset, and then failures are counted.
func TestResetWhileRequestsAreUnderWay(t *testing.T) {
	const quota = 20
	l := newLimiter(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second, Refusals: -1}), ratelimit.Config{
		OnFailure: ratelimit.FailClosed, RefundIf: ratelimit.Succeeded, Budget: time.Second,
	})
	failures := 0
	guess := l.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		failures++
		w.WriteHeader(http.StatusUnauthorized)
	}))
	login := func() *http.Request { return httptest.NewRequest(http.MethodPost, "/login", http.NoBody) }
	post := func(h http.Handler, times int) {
		for range times {
			h.ServeHTTP(httptest.NewRecorder(), login())
		}
	}
	var nest func(depth int) http.Handler
	nest = func(depth int) http.Handler {
		return l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if depth > 1 {
				post(nest(depth-1), 1)
				return
			}
			key, ok := ratelimit.ByClientIP(login())
			if !ok {
				t.Error("no key")
			}
			if err := l.Reset(context.Background(), key); err != nil {
				t.Error(err)
			}
			post(guess, quota)
		}))
	}
	post(nest(quota), 1)
	post(guess, 2*quota)
	if failures != quota {
		t.Errorf("%d failures after one Reset, of %d an hour", failures, quota)
	}
}

func TestTake(t *testing.T) {
	for _, quota := range []int{5, 16, 17, 100} {
		c := newCounter(t, ratelimit.PerMinute(quota))
		key := keyOf(1)
		if got := take(t, c, key, 0, false); got.Granted != 0 || got.Left != int64(quota) || got.Wait != 0 {
			t.Fatalf("read of a new key: %+v", got)
		}
		for i := range quota {
			got := take(t, c, key, 1, false)
			if got.Granted != 1 || got.Left != int64(quota-i-1) || got.Wait <= 0 || got.Wait > 65*time.Second {
				t.Fatalf("take %d of %d: %+v", i, quota, got)
			}
		}
		if got := take(t, c, key, 1, false); got.Granted != 0 || got.Left != 0 || got.Wait < 50*time.Second {
			t.Fatalf("above %d: %+v", quota, got)
		}
		if got := take(t, c, keyOf(2), 3, false); got.Granted != 3 {
			t.Fatalf("another key: %+v", got)
		}
		if got := take(t, c, keyOf(2), quota, false); got.Granted != 0 || got.Left != int64(quota-3) {
			t.Fatalf("more than is left: %+v", got)
		}
		if got := take(t, c, keyOf(2), quota, true); got.Granted != quota-3 || got.Left != 0 {
			t.Fatalf("at most: %+v", got)
		}
	}
}

func TestUnitsOutOfRange(t *testing.T) {
	c := newCounter(t, ratelimit.PerHour(20), ratelimit.Limit{Quota: 100, Window: 24 * time.Hour})
	for _, n := range []int{-1, 21, 1 << 40} {
		if _, err := c.Take(context.Background(), keyOf(1), n, true); kind(err) != "unexpected" {
			t.Errorf("%d: %v", n, err)
		}
		if err := c.Refund(context.Background(), keyOf(1), n, 1); kind(err) != "unexpected" {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// The cache keeps a refusal as long as Redis has said, but at most a sub-bucket or a
// second, so that this process sees units that another process gives back.
func TestDenialsExpire(t *testing.T) {
	r := newDeniedCache(1)
	now := time.Now()
	a, b := keyOf(1), keyOf(2)
	if _, ok := r.find(&a, now); ok {
		t.Error("an empty slot")
	}
	r.record(&a, now, ratelimit.Count{Limit: 3, Wait: time.Minute}, time.Second)
	if got, ok := r.find(&a, now.Add(999*time.Millisecond)); !ok || got.Limit != 3 || got.Wait < 59*time.Second || got.Granted != 0 {
		t.Errorf("%+v, %t", got, ok)
	}
	if _, ok := r.find(&a, now.Add(time.Second)); ok {
		t.Error("believed too long")
	}
	if _, ok := r.find(&b, now); ok {
		t.Error("another key")
	}
	r.record(&a, now, ratelimit.Count{Wait: time.Millisecond}, time.Second)
	if _, ok := r.find(&a, now.Add(time.Millisecond)); ok {
		t.Error("believed beyond the wait")
	}
	r.record(&a, now, ratelimit.Count{Wait: time.Minute}, time.Second)
	r.forget(&b)
	r.forget(&a)
	if _, ok := r.find(&a, now); ok {
		t.Error("not forgotten")
	}
}

// A grantedUnits is one Take in a game of failovers.
type grantedUnits struct {
	at       int64
	n, given int // units, and units given back
	stamp    int64
	lost     bool // the server has forgotten the Take
}

// playWindowFailovers takes, gives back and resets at random, and at random times brings
// back an earlier value of the key. It returns the first broken promise: a value that the
// script cannot read, or more units in a window than the quota and the forgotten units.
func playWindowFailovers(t *testing.T, c *counter, limits []ratelimit.Limit, seed uint64) error {
	t.Helper()
	ctx, key, set := t.Context(), keyOf(int(seed)), setClockKey(t, c)
	r := rand.New(rand.NewPCG(seed, 5))
	now, name, rdb := int64(epoch)+r.Int64N(1e9), c.keyName(&key), c.store.client
	var log []*grantedUnits
	type saved struct {
		value string
		takes int
	}
	var values []saved
	for move := range 300 {
		set(now)
		switch r.IntN(12) {
		case 0, 1:
			values = append(values, saved{rdb.Get(ctx, name).Val(), len(log)})
		case 2:
			if len(values) == 0 || r.IntN(3) > 0 {
				continue
			}
			i := max(0, len(values)-1-r.IntN(3))
			if values = values[:i+1]; values[i].value == "" {
				rdb.Del(ctx, name)
			} else {
				rdb.Set(ctx, name, values[i].value, 24*time.Hour)
			}
			for _, g := range log[min(values[i].takes, len(log)):] {
				g.lost = true
			}
		case 3, 4:
			if len(log) == 0 {
				continue
			}
			g := log[r.IntN(len(log))]
			n := g.n - g.given
			if n == 0 {
				continue
			}
			g.given += n
			if err := c.Refund(ctx, key, n, g.stamp); err != nil {
				return fmt.Errorf("move %d: refund: %w", move, err)
			}
		case 5:
			if r.IntN(10) > 0 {
				now += r.Int64N(2 * limits[0].Window.Microseconds())
				continue
			}
			if err := c.Reset(ctx, key); err != nil {
				return fmt.Errorf("move %d: reset: %w", move, err)
			}
			log, values = nil, nil
		default:
			now += r.Int64N(max(limits[0].Window.Microseconds()/10, 1))
			set(now)
			count, err := c.Take(ctx, key, 1+r.IntN(c.layout.minQuota), r.IntN(2) == 0)
			if err != nil {
				return fmt.Errorf("move %d: take: %w", move, err)
			}
			log = append(log, &grantedUnits{at: now, n: count.Granted, stamp: count.Stamp})
			for _, l := range limits {
				units, lost := 0, 0
				for _, g := range log {
					if now-g.at < l.Window.Microseconds() {
						units += g.n - g.given
					}
					if g.lost && now-g.at < 2*l.Window.Microseconds() {
						lost += g.n
					}
				}
				if units > l.Quota+lost {
					return fmt.Errorf("move %d: %d units in %v, quota %d, and %d were forgotten", move, units, l.Window, l.Quota, lost)
				}
			}
		}
	}
	return nil
}

// Whatever earlier value a failover brings back, a script reads it, and the server grants
// again only the units that it has forgotten.
func TestWindowsSurviveFailovers(t *testing.T) {
	t.Parallel()
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		for seed := range uint64(8) {
			c.take, c.reset = redisscript.New(takeSource, takeInts), redisscript.New(resetSource, giveBackInts)
			if err := playWindowFailovers(t, c, limits, seed); err != nil {
				t.Fatalf("%v, seed %d: %v", limits, seed, err)
			}
		}
	}
}

// The game has to detect a script that gives back more units than there were.
func TestWindowFailoversDetectBrokenScripts(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(refundSource, "back = math.min(n, cur)", "back = math.min(2 * n, cur)", 1)
	if broken == refundSource {
		t.Fatal("nothing to break")
	}
	c := newCounter(t, limitSets[0]...)
	c.refund = redisscript.New(broken, giveBackInts)
	for seed := range uint64(8) {
		c.take, c.reset = redisscript.New(takeSource, takeInts), redisscript.New(resetSource, giveBackInts)
		if playWindowFailovers(t, c, limitSets[0], seed) != nil {
			return
		}
	}
	t.Error("not detected")
}
