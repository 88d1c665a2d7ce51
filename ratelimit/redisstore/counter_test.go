package redisstore

import (
	"context"
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
		"units of another life": {"if life ~= mine then return DONE end", ""},
		"units of no life":      {"if life ~= mine then", "if true then"},
		"time of another unit":  {"if x == stamp and back < n", "if x >= stamp and back < n"},
		"bucket of before":      {"if k == 0 then", "if k == 0 or k == 1 then"},
		"oldest bucket":         {"elseif k > 0 and k <= 64 then", "elseif k > 0 and k < 64 then"},
		"nothing forgotten":     {"redis.call('UNLINK', KEYS[1])", ""},
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

// waysToLoseKey are the ways in which a key is lost. The clock may move meanwhile, also
// back, and further than a window.
var waysToLoseKey = map[string]func(c *counter, key [16]byte) error{
	"Reset": func(c *counter, key [16]byte) error { return c.Reset(context.Background(), key) },
	"Reset twice": func(c *counter, key [16]byte) error {
		_ = c.Reset(context.Background(), key)
		return c.Reset(context.Background(), key)
	},
	"lost": func(c *counter, key [16]byte) error {
		return c.store.client.Del(context.Background(), c.keyName(&key)).Err()
	},
}

// A refund of units from before a key was lost must not reduce the units taken since.
func TestRefundAfterKeyIsLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		set, i := setClockKey(t, c), 0
		for name, lose := range waysToLoseKey {
			for _, passed := range []int64{-200_000_000_000, -40_000_000, -1, 0, 1, 900_000} {
				i++
				key, all := keyOf(i), c.layout.minQuota
				set(epoch)
				old := take(t, c, key, all, false)
				if err := lose(c, key); err != nil {
					t.Fatal(err)
				}
				set(epoch + passed)
				since := take(t, c, key, all, false)
				if old.Granted != all || since.Granted != all || since.Stamp.Life == old.Stamp.Life {
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

// A Reset leaves nothing, also of a key whose units were debited by a clock that was far
// ahead and has been put right since.
func TestResetLeavesNothing(t *testing.T) {
	ctx := context.Background()
	for _, limits := range limitSets {
		c := newCounter(t, limits...)
		set := setClockKey(t, c)
		key, rdb := keyOf(1), c.store.client
		set(epoch + 1_000_000_000_000)
		take(t, c, key, 1, false)
		set(epoch)
		for range 2 {
			if err := c.Reset(ctx, key); err != nil || rdb.Exists(ctx, c.keyName(&key)).Val() != 0 {
				t.Errorf("%v: the key exists, %v", limits, err)
			}
		}
		if got := take(t, c, key, 1, false); got.Granted != 1 || got.Stamp.At != epoch {
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
		if err := c.Refund(context.Background(), keyOf(1), n, ratelimit.Stamp{}); kind(err) != "unexpected" {
			t.Errorf("%d: %v", n, err)
		}
	}
}
