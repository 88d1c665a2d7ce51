package ratelimit_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
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
