package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func buildTiered(t *testing.T, seen *ratelimit.Decision) *ratelimit.Limiter {
	return build(t, ratelimit.Config{
		Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(1)},
		Tiers:   map[string][]ratelimit.Limit{"gold": {ratelimit.PerMinute(3), ratelimit.PerHour(50)}},
		Tier:    func(r *http.Request) string { return r.Header.Get("X-Plan") },
		Observe: func(_ *http.Request, d ratelimit.Decision) { *seen = d },
	})
}

func TestTiers(t *testing.T) {
	var d ratelimit.Decision
	spy := &mwtest.Spy{}
	h := buildTiered(t, &d).Handler(spy)
	for _, step := range []struct {
		plan, tier, name string
		status           int
		unknown          bool
		policy           string
	}{
		{"", "", "api-hour", 200, false, `"api-hour";q=1;w=3600`},
		{"platinum", "", "api-hour", 429, true, `"api-hour";q=1;w=3600`}, // never unlimited
		{"Gold", "", "api-hour", 429, true, `"api-hour";q=1;w=3600`},
		{"exempt", "", "api-hour", 429, true, `"api-hour";q=1;w=3600`},
		{"gold", "gold", "api-gold-minute", 200, false, `"api-gold-minute";q=3;w=60, "api-gold-hour";q=50;w=3600`},
		{"gold", "gold", "api-gold-minute", 200, false, `"api-gold-minute";q=3;w=60, "api-gold-hour";q=50;w=3600`},
		{"gold", "gold", "api-gold-minute", 200, false, `"api-gold-minute";q=3;w=60, "api-gold-hour";q=50;w=3600`},
		{"gold", "gold", "api-gold-minute", 429, false, `"api-gold-minute";q=3;w=60, "api-gold-hour";q=50;w=3600`},
		{ratelimit.Exempt, ratelimit.Exempt, "", 200, false, ""},
		{ratelimit.Exempt, ratelimit.Exempt, "", 200, false, ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Plan", step.plan)
		res := mwtest.Do(h, r)
		wrongTier := d.Tier != step.tier || d.Name != step.name || d.UnknownTier != step.unknown
		if res.StatusCode != step.status || wrongTier || res.Header.Get("RateLimit-Policy") != step.policy {
			t.Errorf("%+v: %d, %v, %+v", step, res.StatusCode, res.Header, d)
		}
		if step.tier == ratelimit.Exempt && len(res.Header) > 1 { // every response has Content-Type
			t.Errorf("exempt, with %v", res.Header)
		}
	}
}

// Limiter.Tier shares the counters of requests in that tier.
func TestTierByName(t *testing.T) {
	var d ratelimit.Decision
	l := buildTiered(t, &d)
	gold := l.Tier("gold")
	if l.Take(ctx, someKey, 1); l.Take(ctx, someKey, 1).Allowed || gold.Take(ctx, someKey, 3).Remaining != 0 {
		t.Error("a tier must have a quota of its own")
	}
	if err := gold.Reset(ctx, someKey); err != nil || gold.Peek(ctx, someKey).Remaining != 3 || l.Peek(ctx, someKey).Allowed {
		t.Error("Reset must affect one tier only")
	}
	if d := l.Tier("platinum").Peek(ctx, someKey); d.Allowed || d.Limit != 1 {
		t.Errorf("unknown: %+v", d)
	}
	free := l.Tier(ratelimit.Exempt)
	for range 3 {
		d := free.Take(ctx, someKey, 1<<40)
		if !d.Allowed || d.Granted != 1<<40 || !free.Peek(ctx, someKey).Allowed {
			t.Errorf("exempt: %+v", d)
		}
		if free.Refund(ctx, d, 1) != nil || free.Reset(ctx, someKey) != nil {
			t.Error("exempt: Refund or Reset has failed")
		}
	}
	if res := get(gold.Handler(&mwtest.Spy{})); res.Header.Get("RateLimit") != `"api-gold-minute";r=2;t=60` {
		t.Errorf("its Handler must ignore Config.Tier: %v", res.Header)
	}
}

// A limit with Shadow reports its refusals, and refuses nothing.
func TestShadow(t *testing.T) {
	var d ratelimit.Decision
	for name, tc := range map[string]struct {
		limits   []ratelimit.Limit
		policy   string
		shadowed []string
		status   []int
	}{
		"beside another limit": {
			[]ratelimit.Limit{ratelimit.PerHour(3), {Quota: 2, Window: time.Hour, Shadow: true}},
			`"hour";q=3;w=3600`, []string{"", "", "hour", ""}, []int{200, 200, 200, 429},
		},
		"alone": {
			[]ratelimit.Limit{{Quota: 2, Window: time.Hour, Shadow: true}},
			"", []string{"", "", "hour", "hour"}, []int{200, 200, 200, 200},
		},
	} {
		for _, store := range []ratelimit.Store{nil, &fakeStore{}} {
			cfg := ratelimit.Config{Limits: tc.limits, Store: store, Observe: func(_ *http.Request, got ratelimit.Decision) { d = got }}
			prefix := ""
			if store != nil {
				cfg.Name, prefix = "api", "api-"
			}
			h := build(t, cfg).Handler(&mwtest.Spy{})
			for i, status := range tc.status {
				res := get(h)
				want := tc.shadowed[i]
				if want != "" {
					want = prefix + want
				}
				if res.StatusCode != status || d.Shadowed != want || d.Allowed != (status == 200) || d.Allowed && d.Err != nil {
					t.Errorf("%s: request %d: %d, %+v", name, i, res.StatusCode, d)
				}
				if got := res.Header.Get("RateLimit-Policy"); store == nil && got != tc.policy || (res.Header.Get("Retry-After") != "") != (status == 429) {
					t.Errorf("%s: headers %v", name, res.Header)
				}
			}
		}
	}
	l := newLimiter(t, ratelimit.PerHour(30), ratelimit.Limit{Quota: 20, Window: time.Minute, Shadow: true})
	if d := l.Take(ctx, someKey, 21); !d.Allowed || d.Granted != 21 || d.Shadowed != "minute" {
		t.Errorf("a cost above the quota of a limit with Shadow: %+v", d)
	}
}

// A refund gives nothing back to a limit with Shadow that has counted nothing.
func TestShadowedRefundMakesNoRoom(t *testing.T) {
	for _, limits := range [][]ratelimit.Limit{
		{ratelimit.PerHour(10), {Quota: 2, Window: time.Hour, Shadow: true}},
		{ratelimit.PerHour(100), {Quota: 20, Window: time.Hour, Shadow: true}},
	} {
		l := newLimiter(t, limits...)
		var d ratelimit.Decision
		for range limits[1].Quota + 1 {
			d = l.TakeAt(0, someKey, 1)
		}
		if d.Shadowed == "" || d.Granted != 1 {
			t.Fatalf("%+v", d)
		}
		if err := l.Refund(ctx, d, 1); err != nil {
			t.Error(err)
		}
		if d = l.TakeAt(1, someKey, 1); d.Shadowed == "" {
			t.Errorf("%v: the refund made room in the limit with Shadow", limits[1])
		}
	}
}

// If the store fails under a limit with Shadow, no policy refuses a request.
func TestShadowNeverRefuses(t *testing.T) {
	for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
		l := buildWithStore(t, &fakeStore{fail: errStore}, ratelimit.Config{
			Limits: []ratelimit.Limit{{Quota: 1, Window: time.Hour, Shadow: true}}, OnFailure: policy, MaxKeys: 1,
		})
		for i := range 20 {
			shadowed := policy == ratelimit.FailLocal && i > 0
			d := l.Take(ctx, someKey, 1)
			if !d.Allowed || !d.Degraded || d.Granted != 1 || d.Err != nil || d.RetryAfter != 0 || (d.Shadowed != "") != shadowed {
				t.Errorf("%v: %+v", policy, d)
			}
		}
	}
}

// A database of contracts: the quota of each customer.
type contractTable struct {
	mu     sync.Mutex
	quotas map[ratelimit.Key]int
	fail   error
	asked  int
}

func (c *contractTable) limitsFor(_ context.Context, key ratelimit.Key) ([]ratelimit.Limit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if n := c.quotas[key]; n != 0 && c.fail == nil {
		return []ratelimit.Limit{ratelimit.PerHour(n)}, nil
	}
	return nil, c.fail
}

func TestLimitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big, small, bad := ratelimit.StringKey("big"), ratelimit.StringKey("small"), ratelimit.StringKey("bad")
		db := &contractTable{quotas: map[ratelimit.Key]int{big: 200, bad: -1}}
		l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, LimitsFor: db.limitsFor, LimitsTTL: time.Minute})
		expect := func(what string, key ratelimit.Key, want, asked int) {
			t.Helper()
			if got := takeUnits(l, key, 300); got != want || db.asked != asked {
				t.Errorf("%s: %d admitted, LimitsFor was asked %d times; want %d and %d", what, got, db.asked, want, asked)
			}
		}
		expect("a contract", big, 200, 1)
		expect("no contract", small, 3, 2)
		expect("an impossible contract", bad, 3, 3)
		if d := l.Peek(ctx, bad); d.LimitsErr == nil || d.Limit != 3 {
			t.Errorf("an impossible contract: %+v", d)
		}
		if d := l.Peek(ctx, big); d.LimitsErr != nil || d.Limit != 200 {
			t.Errorf("a contract: %+v", d)
		}

		time.Sleep(time.Hour + time.Minute)
		db.fail = errStore
		expect("the database is away", big, 200, 4) // by the last answer
		if d := l.Take(ctx, big, 1); d.Allowed || !errors.Is(d.LimitsErr, errStore) {
			t.Errorf("the database is away: %+v", d)
		}
		if d := l.Take(ctx, ratelimit.StringKey("new"), 1); !d.Allowed || d.Limit != 3 || !errors.Is(d.LimitsErr, errStore) {
			t.Errorf("the database is away, and the key is new: %+v", d)
		}
		db.fail, db.quotas[big] = nil, 250
		time.Sleep(2 * time.Second)
		expect("a raised quota starts anew", big, 250, 6)
		if err := l.Reset(ctx, big); err != nil {
			t.Fatal(err)
		}
		expect("Reset", big, 250, 6)
	})
}

// Many requests of a key ask once, and a request whose client leaves is not remembered as
// a failure.
func TestLimitsForIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		l := build(t, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(3)},
			LimitsFor: func(ctx context.Context, _ ratelimit.Key) ([]ratelimit.Limit, error) {
				asked.Add(1)
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(time.Second):
					return []ratelimit.Limit{ratelimit.PerHour(200)}, nil
				}
			},
		})
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if d := l.Take(short, someKey, 1); !errors.Is(d.LimitsErr, context.DeadlineExceeded) {
			t.Errorf("%+v", d)
		}
		var all sync.WaitGroup
		var admitted atomic.Int32
		for range 100 {
			all.Go(func() {
				if d := l.Take(ctx, someKey, 1); d.Allowed && d.Limit == 200 {
					admitted.Add(1)
				}
			})
		}
		all.Wait()
		if asked.Load() != 2 || admitted.Load() != 100 {
			t.Errorf("asked %d times, %d admitted", asked.Load(), admitted.Load())
		}
	})
}

// A request counts from the time at which it is admitted, however long LimitsFor took.
func TestUnitsCountFromTheEndOfLimitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := build(t, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerMinute(3)}, LimitsTTL: time.Hour,
			LimitsFor: func(context.Context, ratelimit.Key) ([]ratelimit.Limit, error) {
				time.Sleep(30 * time.Second)
				return []ratelimit.Limit{ratelimit.PerMinute(2)}, nil
			},
		})
		if n := takeUnits(l, someKey, 5); n != 2 {
			t.Fatalf("%d admitted", n)
		}
		time.Sleep(time.Minute - 1)
		if l.Take(ctx, someKey, 1).Allowed {
			t.Error("three within one minute, and the limit is two")
		}
	})
}

// A panic of LimitsFor reaches the caller, and the next request of the key asks anew.
func TestLimitsForMayPanic(t *testing.T) {
	panics := true
	l := build(t, ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(3)},
		LimitsFor: func(context.Context, ratelimit.Key) ([]ratelimit.Limit, error) {
			if panics {
				panic("planted")
			}
			return []ratelimit.Limit{ratelimit.PerHour(200)}, nil
		},
	})
	func() {
		defer func() {
			if recover() != "planted" {
				t.Error("no panic")
			}
		}()
		l.Take(ctx, someKey, 1)
	}()
	panics = false
	if d := l.Take(ctx, someKey, 1); d.Limit != 200 {
		t.Errorf("%+v", d)
	}
}

// However many different contracts there are, the memory is bounded, no quota in use is
// forgotten, and contracts without use make room.
func TestLimitsForIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quotas := map[ratelimit.Key]int{}
		l := build(t, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, LimitsTTL: 24 * time.Hour,
			LimitsFor: func(_ context.Context, key ratelimit.Key) ([]ratelimit.Limit, error) {
				return []ratelimit.Limit{ratelimit.PerHour(quotas[key])}, nil
			},
		})
		key := func(i int) ratelimit.Key { return ratelimit.StringKey(fmt.Sprint(i)) }
		before := heap()
		for i := range 300 {
			quotas[key(i)] = 100 + i
			want := 100 + i
			if i >= 256 {
				want = 3 // Config.Limits
			}
			if d := l.Take(ctx, key(i), 1); !d.Allowed || d.Limit != want || (d.LimitsErr != nil) != (i >= 256) {
				t.Fatalf("contract %d: %+v", i, d)
			}
		}
		if grown := heap() - before; grown > 256*(512<<10)+(64<<20) {
			t.Errorf("%d bytes", grown)
		}
		for i := range 256 {
			if d := l.Peek(ctx, key(i)); d.Remaining != 99+i {
				t.Fatalf("contract %d is forgotten: %+v", i, d)
			}
		}
		time.Sleep(3 * time.Hour)
		if d := l.Take(ctx, key(299), 1); d.Limit != 399 || d.LimitsErr != nil {
			t.Errorf("no room after the windows have passed: %+v", d)
		}
	})
}

func TestLimitsTTLIsChecked(t *testing.T) {
	limits := []ratelimit.Limit{ratelimit.PerHour(3)}
	for ttl, set := range map[time.Duration]bool{time.Millisecond: true, 25 * time.Hour: true, time.Minute: false} {
		cfg := ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, LimitsTTL: ttl}
		if set {
			cfg.LimitsFor = (&contractTable{}).limitsFor
		}
		_, err := ratelimit.New(cfg)
		mwtest.Faults(t, err, "ratelimit: LimitsTTL")
	}
}
