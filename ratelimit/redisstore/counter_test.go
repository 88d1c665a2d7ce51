package redisstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
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

// overAfterSetBacks plays takes, late refunds and resets under a clock that is set back
// again and again, by more than a window too. It keeps the true time of each unit that
// was not given back, and reports whether any true window ever held more than a limit.
func overAfterSetBacks(tb testing.TB, c *counter, limits []ratelimit.Limit, seed uint64) bool {
	ctx := context.Background()
	set, r, key := setClockKey(tb, c), rand.New(rand.NewPCG(seed, 7)), keyOf(int(seed))
	type receipt struct {
		count ratelimit.Count
		id    int
	}
	var log []unitAt // of the key since its last Reset
	var receipts []receipt
	now, offset := int64(epoch), int64(0)
	longest := limits[len(limits)-1].Window.Microseconds()
	for id := range 250 {
		switch r.IntN(8) {
		case 0:
			now += r.Int64N(limits[r.IntN(len(limits))].Window.Microseconds() * 3 / 2)
		case 1, 2:
			now += r.Int64N(limits[0].Window.Microseconds() / 10)
		case 3:
			if r.IntN(3) == 0 {
				offset -= r.Int64N(2 * longest) // a clock that is set forward makes time pass, so it is not
			}
		}
		set(now + offset)
		switch ask := r.IntN(12); {
		case ask == 0 && r.IntN(4) == 0:
			if err := c.Reset(ctx, key); err != nil {
				tb.Fatal(err)
			}
			log = nil
		case ask < 4 && len(receipts) > 0:
			i := r.IntN(len(receipts))
			back := receipts[i]
			receipts = slices.Delete(receipts, i, i+1)
			if err := c.Refund(ctx, key, back.count.Granted, back.count.Stamp); err != nil {
				tb.Fatal(err)
			}
			log = slices.DeleteFunc(log, func(u unitAt) bool { return u.id == back.id })
		default:
			got, err := c.Take(ctx, key, 1+r.IntN(c.layout.minQuota), true)
			if err != nil {
				tb.Fatal(err)
			}
			if got.Granted == 0 {
				continue
			}
			receipts = append(receipts, receipt{got, id})
			log = append(log, unitAt{now, got.Granted, id})
			for _, l := range limits {
				n := 0
				for _, u := range log {
					if now-u.at < l.Window.Microseconds() {
						n += u.n
					}
				}
				if n > l.Quota {
					return true
				}
			}
		}
	}
	return false
}

// unitAt are n units that were granted at once, at a true time.
type unitAt struct {
	at    int64
	n, id int
}

var setBackLimits = [][]ratelimit.Limit{
	{ratelimit.PerSecond(1), ratelimit.PerMinute(9)},
	{ratelimit.PerSecond(200)},
	{ratelimit.PerSecond(150), {Quota: 300, Window: 10 * time.Second}},
	{{Quota: 3, Window: 7 * time.Second}},
}

// A clock that is set back never makes a late Refund give back the units of others.
func TestRefundsAfterASetBackNeverAdmitMore(t *testing.T) {
	t.Parallel()
	for _, limits := range setBackLimits {
		c := newCounter(t, limits...)
		for seed := range uint64(12) {
			if overAfterSetBacks(t, c, limits, seed) {
				t.Errorf("%v, seed %d: more than the limit in one window", limits, seed)
			}
		}
	}
}

// overAfterSetBacks itself is tested: it must find scripts in which a refund turns time
// back, and in which units of another life are given back.
func TestSetBacksFindBrokenScripts(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string][2]string{ // of take.lua, of refund.lua
		"time goes back": {strings.Replace(takeSource, "if latest > at then at = latest end", "", 1), refundSource},
		"another life":   {takeSource, strings.Replace(refundSource, "if life ~= mine then return DONE end", "", 1)},
	} {
		if broken == [2]string{takeSource, refundSource} {
			t.Fatalf("%s: nothing to break", name)
		}
		found := false
		for seed := uint64(0); seed < 60 && !found; seed++ {
			for _, limits := range setBackLimits[1:3] { // buckets: broken times would be an error
				c := newCounter(t, limits...)
				c.take, c.refund = redisscript.New(broken[0], takeInts), redisscript.New(broken[1], giveBackInts)
				found = found || overAfterSetBacks(t, c, limits, seed)
			}
		}
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
}

// Two histories that once admitted more than the limit.
func TestBackRefund(t *testing.T) {
	ctx, key := context.Background(), keyOf(1)
	c := newCounter(t, ratelimit.PerSecond(1), ratelimit.PerMinute(9))
	set := setClockKey(t, c)
	takeAt := func(c *counter, millis int64, n int) ratelimit.Count {
		set(epoch + millis*1000)
		return take(t, c, key, n, false)
	}
	refund := func(c *counter, back ratelimit.Count) {
		if err := c.Refund(ctx, key, back.Granted, back.Stamp); err != nil {
			t.Fatal(err)
		}
	}
	a, b := takeAt(c, 0, 1), takeAt(c, 1100, 1)
	set(epoch - 500_000) // true time 1.1 s: the clock is set back by 1.6 s
	refund(c, b)
	d := takeAt(c, -500, 1)
	refund(c, a)
	if e := takeAt(c, -500, 1); d.Granted+e.Granted > 1 {
		t.Error("two units within one second, and the limit is one")
	}

	c = newCounter(t, ratelimit.PerSecond(150))
	set = setClockKey(t, c)
	a = takeAt(c, 10_000, 50)
	set(epoch + 8_000_000) // set back by two windows
	if err := c.Reset(ctx, key); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{8000, 8900, 9800} {
		takeAt(c, at, 1)
	}
	d = takeAt(c, 10_001, 148)
	refund(c, a)
	if e := takeAt(c, 10_001, 50); d.Granted != 148 || e.Granted > 1 {
		t.Errorf("%d and then %d units within one second, and the limit is 150", d.Granted, e.Granted)
	}
}

// A client that spends its whole quota in one burst in every stated window is never
// refused, and neither is one that spends it evenly. RateLimit-Policy states 60 s up to a
// quota of 128, and 61 s above it; by the clock of Redis a microsecond passes in addition.
func TestClientThatKeepsThePolicyIsNeverRefused(t *testing.T) {
	t.Parallel()
	for quota, stated := range map[int]int64{5: 60_000_001, 100: 60_000_001, 128: 60_000_001, 129: 61_000_000, 200: 61_000_000} {
		c := newCounter(t, ratelimit.PerMinute(quota))
		set := setClockKey(t, c)
		for i := range int64(3) {
			set(epoch + i*stated)
			if got := take(t, c, keyOf(1), quota, true); got.Granted != quota {
				t.Errorf("burst %d of %d: %+v", i, quota, got)
			}
		}
		for i := range int64(3 * quota) {
			set(epoch + (i*stated+int64(quota)-1)/int64(quota))
			if got := take(t, c, keyOf(2), 1, false); got.Granted != 1 {
				t.Fatalf("%d at its pace, unit %d: %+v", quota, i, got)
			}
		}
	}
}

// A grantedUnits is one Take in a game of failovers.
type grantedUnits struct {
	at       int64
	n, given int // units, and units given back
	stamp    ratelimit.Stamp
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
			step := limits[0].Window.Microseconds() / 10
			if r.IntN(2) == 0 {
				step /= 64 // most likely in the bucket of the Take before
			}
			now += r.Int64N(step)
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
