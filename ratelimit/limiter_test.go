package ratelimit_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// The log counts each unit as a request. A refused request is admitted after RetryAfter
// with all its units, and not earlier.
func TestCostsHoldTheBound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	refused := 0
	for range 150 {
		limits := randomLimits(rnd)
		smallest := slices.MinFunc(limits, func(a, b ratelimit.Limit) int { return a.Quota - b.Quota })
		type taken struct {
			at time.Duration
			n  int
		}
		var admitted exactLog
		var asked []taken
		replay := func() *ratelimit.Limiter {
			l := newLimiter(t, limits...)
			for _, a := range asked {
				l.TakeAt(a.at, someKey, a.n)
			}
			return l
		}
		l, now := newLimiter(t, limits...), time.Duration(0)
		for i := range 200 {
			now += time.Duration(rnd.Int64N(int64(smallest.Window) / 4))
			n := 1 + rnd.IntN(smallest.Quota)
			d := l.TakeAt(now, someKey, n)
			asked = append(asked, taken{now, n})
			if !d.Allowed {
				if refused++; d.Granted != 0 || d.RetryAfter <= 0 {
					t.Fatalf("%+v", d)
				}
				if i%9 == 0 && (replay().TakeAt(now+d.RetryAfter-1, someKey, n).Allowed || !replay().TakeAt(now+d.RetryAfter, someKey, n).Allowed) {
					t.Fatalf("%v: RetryAfter %v for %d units is not exact", limits, d.RetryAfter, n)
				}
				continue
			}
			if d.Granted != n {
				t.Fatalf("%d units, %+v", n, d)
			}
			for range n {
				if !admitted.fits(limits, now) {
					t.Fatalf("%v: %d units were admitted above a limit", limits, n)
				}
				admitted = append(admitted, now)
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d refusals", refused)
	}
}

func TestTakeAtMost(t *testing.T) {
	for _, quota := range []int{10, 100} {
		l := newLimiter(t, ratelimit.PerHour(quota))
		for i, want := range []int{quota - 3, 3, 0} {
			d := l.TakeAtMost(ctx, someKey, []int{quota - 3, 1 << 40, 1}[i])
			if d.Granted != want || d.Allowed != (want > 0) || (d.RetryAfter > 0) == d.Allowed {
				t.Errorf("take %d: %+v, want %d", i, d, want)
			}
		}
		if d := l.TakeAtMost(ctx, someKey, 0); d.Allowed || !errors.Is(d.Err, httperr.ErrInternal) {
			t.Errorf("at most 0 units: %+v", d)
		}
	}
}

// An impossible cost is refused with its cause, and takes nothing.
func TestCostOverTheWire(t *testing.T) {
	var seen ratelimit.Decision
	l := build(t, ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerSecond(5), ratelimit.PerMinute(40)},
		Cost: func(r *http.Request) int {
			n, _ := strconv.Atoi(r.URL.Query().Get("n"))
			return n
		},
		Observe: func(_ *http.Request, d ratelimit.Decision) { seen = d },
	})
	spy := &mwtest.Spy{}
	h := l.Handler(spy)
	for _, tc := range []struct {
		n      string
		status int
		code   string
		is     error
	}{
		{"0", 500, "internal_error", httperr.ErrInternal}, {"-1", 500, "internal_error", httperr.ErrInternal},
		{"-9223372036854775808", 500, "internal_error", httperr.ErrInternal},
		{"6", 400, "cost_too_high", ratelimit.ErrCost}, {"9223372036854775807", 400, "cost_too_high", ratelimit.ErrCost},
		{"5", 200, "", nil}, {"1", 429, "rate_limited", ratelimit.ErrLimited},
	} {
		res := mwtest.Do(h, httptest.NewRequest("GET", "/?n="+tc.n, nil))
		if res.StatusCode != tc.status || !errors.Is(seen.Err, tc.is) || seen.Allowed != (tc.is == nil) {
			t.Errorf("%s: %d, %+v", tc.n, res.StatusCode, seen)
		}
		if tc.status == 200 {
			continue
		}
		mwtest.Refused(t, res, tc.status, tc.code)
		if tc.status != 429 {
			mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id")
		}
	}
	if spy.Calls() != 1 {
		t.Errorf("%d reached the handler", spy.Calls())
	}
}

// A refund gives units back to their key only, and only while they count. After a
// reset, earlier refunds give nothing back.
func TestRefundAndReset(t *testing.T) {
	for _, quota := range []int{10, 100} {
		l := newLimiter(t, ratelimit.PerHour(quota), ratelimit.Limit{Quota: 3 * quota, Window: 24 * time.Hour})
		a, b := l.Take(ctx, someKey, quota-1), l.Take(ctx, someKey, 1)
		if l.Take(ctx, someKey, 1).Allowed {
			t.Fatal("admitted above the limit")
		}
		for _, step := range []struct {
			d       ratelimit.Decision
			n, left int
		}{{b, 5, 1}, {a, 0, 1}, {a, -3, 1}, {a, 2, 3}, {ratelimit.Decision{}, 1, 3}, {l.Take(ctx, someKey, 99_999), 1, 3}} {
			if err := l.Refund(ctx, step.d, step.n); err != nil || l.Peek(ctx, someKey).Remaining != step.left {
				t.Errorf("quota %d, refund of %d: %+v, %v, want %d", quota, step.n, l.Peek(ctx, someKey), err, step.left)
			}
		}
		if d := l.Tier("gold").Take(ctx, addrKey(1), 1); d.Tier != "" {
			t.Errorf("unknown tier: %+v", d)
		}
		old := l.Take(ctx, someKey, 1)
		if err := l.Reset(ctx, someKey); err != nil || l.Peek(ctx, someKey).Remaining != quota {
			t.Errorf("reset: %v, %+v", err, l.Peek(ctx, someKey))
		}
		l.Take(ctx, someKey, quota)
		if err := l.Refund(ctx, old, 1); err != nil || l.Take(ctx, someKey, 1).Allowed {
			t.Errorf("quota %d: a refund from before the reset gave units back", quota)
		}
		if err := l.Reset(ctx, addrKey(7)); err != nil {
			t.Error(err)
		}
		for range quota {
			l.Take(ctx, addrKey(7), 1)
		}
		if l.Take(ctx, addrKey(7), 1).Allowed {
			t.Error("a key that was reset before its first request has more than its quota")
		}
	}
}

// With too few cells for the keys, refunds may be lost. But requests that were admitted
// and not refunded never exceed the limit.
func TestRefundsNeverBreakTheBound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(31, 32))
	given := 0
	for range 150 {
		quota := 1 + rnd.IntN(40)
		limits := []ratelimit.Limit{ratelimit.PerSecond(quota)}
		l, now, nkeys := newLimiter(t, limits...), time.Duration(0), 1+rnd.IntN(50)
		kept := make([]exactLog, nkeys)
		type open struct {
			d  ratelimit.Decision
			at time.Duration
			k  int
		}
		var running []open
		for range 2000 {
			if rnd.IntN(8) == 0 {
				now += time.Duration(rnd.Int64N(int64(time.Second) / (1 << rnd.IntN(8))))
			}
			k := rnd.IntN(1 + rnd.IntN(nkeys))
			if d := l.TakeAt(now, addrKey(k), 1); d.Allowed {
				if !kept[k].fits(limits, now) {
					t.Fatalf("quota %d, %d keys: admitted above the limit", quota, nkeys)
				}
				kept[k] = append(kept[k], now)
				running = append(running, open{d, now, k})
			}
			if len(running) > 0 && rnd.IntN(2) == 0 {
				i := rnd.IntN(len(running))
				o := running[i]
				running = slices.Delete(running, i, i+1)
				if l.RefundAt(now, o.d, 1) {
					given++
				}
				j := slices.Index(kept[o.k], o.at)
				kept[o.k] = slices.Delete(kept[o.k], j, j+1)
			}
		}
	}
	if given < 1000 {
		t.Errorf("only %d refunds", given)
	}
}

func TestPeekTakesNothing(t *testing.T) {
	l := newLimiter(t, ratelimit.PerHour(2), ratelimit.Limit{Quota: 30, Window: 24 * time.Hour})
	for _, want := range []int{2, 1, 0} {
		for range 3 {
			if d := l.Peek(ctx, someKey); d.Remaining != want || d.Allowed != (want > 0) || (d.Reset == 0) != (want == 2) {
				t.Errorf("Peek = %+v, want %d remaining", d, want)
			}
		}
		l.Take(ctx, someKey, 1)
	}
}

func TestPolicy(t *testing.T) {
	key := ratelimit.ByClientIP
	shadow := ratelimit.Limit{Quota: 5, Window: time.Hour, Shadow: true}
	tiers := ratelimit.Config{
		Name: "api", Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60), ratelimit.PerHour(1000)},
		Tier:  func(*http.Request) string { return "" },
		Tiers: map[string][]ratelimit.Limit{"silver": {ratelimit.PerMinute(90)}, "gold": {ratelimit.PerMinute(600)}},
	}
	for _, tc := range []struct {
		cfg  ratelimit.Config
		tier string // "-": none
		want string
	}{
		{ratelimit.Config{Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60)}}, "-", "limit: 60 per minute"},
		{ratelimit.Config{Name: "login", Key: key, Limits: []ratelimit.Limit{{Quota: 5, Window: 15 * time.Minute}}}, "-", "login: 5 per 15m"},
		{ratelimit.Config{Name: "new", Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60), shadow}}, "-", "new: 60 per minute, 5 per hour (shadow)"},
		{ratelimit.Config{Name: "new", Key: key, Limits: []ratelimit.Limit{shadow}}, "-", "new: 5 per hour (shadow)"},
		{ratelimit.Config{Name: "own", Key: key, Limits: []ratelimit.Limit{ratelimit.PerMinute(60)},
			LimitsFor: func(context.Context, ratelimit.Key) ([]ratelimit.Limit, error) { return nil, nil }}, "-", "own: 60 per minute; some keys: LimitsFor"},
		{tiers, "-", "api: 60 per minute, 1000 per hour; api-gold: 600 per minute; api-silver: 90 per minute"},
		{tiers, "gold", "api-gold: 600 per minute"},
		{tiers, "", "api: 60 per minute, 1000 per hour"},
		{tiers, ratelimit.Exempt, "api-(exempt): exempt"},
	} {
		l, err := ratelimit.New(tc.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if tc.tier != "-" {
			l = l.Tier(tc.tier)
		}
		if got := l.Policy(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
