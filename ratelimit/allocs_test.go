package ratelimit_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// This file tests the promised numbers of allocations.

func TestTakeAllocatesNothing(t *testing.T) {
	admit := newLimiter(t, ratelimit.PerSecond(1_000_000), ratelimit.PerHour(100_000_000))
	deny := newLimiter(t, ratelimit.PerHour(1), ratelimit.Limit{Quota: 20, Window: 24 * time.Hour})
	for _, k := range []ratelimit.Key{
		{}, someKey, ratelimit.StringKey("tenant-0190163d-8694-739b-aea5-966c26f8ad91"),
		addrKey(1), ratelimit.AddrKey(netip.MustParseAddr("2001:db8::1")),
	} {
		deny.Take(ctx, k, 1)
		mwtest.MaxAllocs(t, "admitted", 0, func() {
			if !admit.Take(ctx, k, 1).Allowed {
				t.Fatal("refused")
			}
		})
		mwtest.MaxAllocs(t, "refused", 0, func() {
			if deny.Take(ctx, k, 1).Allowed {
				t.Fatal("admitted")
			}
		})
	}
	i, flooded := 0, newLimiter(t, ratelimit.PerHour(5), ratelimit.Limit{Quota: 100, Window: 24 * time.Hour})
	mwtest.MaxAllocs(t, "a new key each time", 0, func() { i++; flooded.Take(ctx, addrKey(i), 1) })
}

func TestKeyFuncsAllocateNothing(t *testing.T) {
	id := func(*http.Request) (string, bool) { return "a-tenant-with-a-long-name", true }
	for name, f := range map[string]ratelimit.KeyFunc{
		"ByClientIP": ratelimit.ByClientIP,
		"ByHeader":   ratelimit.ByHeader("host-key"),
		"By":         ratelimit.By(id),
		"First":      ratelimit.First(ratelimit.ByRoute, ratelimit.ByClientIP),
		"Join":       ratelimit.Join(ratelimit.By(id), ratelimit.ByClientIP),
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Host-Key", "a-tenant")
		mwtest.MaxAllocs(t, name, 0, func() {
			if _, ok := f(r); !ok {
				t.Fatal("no key")
			}
		})
	}
}

func TestHandlerAllocs(t *testing.T) {
	for name, tc := range map[string]struct {
		alone, chain float64 // without and with the record of a chain
		limit        ratelimit.Limit
		headers      ratelimit.Headers
	}{
		"admitted, no headers": {0, 0, ratelimit.PerHour(1_000_000), ratelimit.HeadersNever},
		"admitted, on refusal": {0, 0, ratelimit.PerHour(1_000_000), ratelimit.HeadersOnRefusal},
		// Without a record, the values of the two headers. The text of one value shares
		// its allocation with a hundred others.
		"admitted, few values":  {1, 0, ratelimit.Limit{Quota: 8000, Window: time.Millisecond}, ratelimit.HeadersAlways},
		"admitted, many values": {1, 0, ratelimit.PerHour(1_000_000), ratelimit.HeadersAlways},
		// Without a record, one for the envelope and one for the values of the headers.
		// In both cases a correlation ID, which httperr would have made before.
		"refused":             {3, 1, ratelimit.PerMinute(1), ratelimit.HeadersAlways},
		"refused, no headers": {3, 1, ratelimit.PerMinute(1), ratelimit.HeadersNever},
	} {
		// A tier, a cost and an observer must not add an allocation.
		l, err := ratelimit.New(ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerSecond(1)}, Key: ratelimit.ByClientIP, Headers: tc.headers, LegacyHeaders: true,
			Tiers: map[string][]ratelimit.Limit{"gold": {tc.limit}}, Tier: func(*http.Request) string { return "gold" },
			Cost: func(*http.Request) int { return 1 }, Observe: func(*http.Request, ratelimit.Decision) {},
		})
		if err != nil {
			t.Fatal(err)
		}
		h, w := l.Handler(noopHandler), mwtest.NewDiscard()
		serve := func(r *http.Request) {
			w.Reset()
			h.ServeHTTP(w, r)
			if (w.Code == 429) != (tc.limit.Quota == 1) {
				t.Fatalf("%s: status %d", name, w.Code)
			}
		}
		v4, v6 := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("GET", "/", nil)
		v6.RemoteAddr = "[2001:db8::1]:4711"
		for _, r := range []*http.Request{v4, v6} {
			h.ServeHTTP(mwtest.NewDiscard(), r)
			for range 20_000 {
				serve(r)
			}
			mwtest.MaxAllocs(t, name+", alone", tc.alone, func() { serve(r) })
			chain := make([]*http.Request, 600)
			for i := range chain {
				_, chain[i] = carrier.Ensure(r)
			}
			i := 0
			mwtest.MaxAllocs(t, name+", in the chain", tc.chain, func() { serve(chain[i]); i++ })
		}
	}
}

// With RefundIf the writer that records the status is allocated.
func TestRefundAllocs(t *testing.T) {
	l := build(t, ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1,
		Headers: ratelimit.HeadersNever, RefundIf: ratelimit.Succeeded,
	})
	h, w, r := l.Handler(noopHandler), mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
	mwtest.MaxAllocs(t, "refunded", 2, func() { h.ServeHTTP(w, r) })
	d := l.Take(ctx, someKey, 1)
	mwtest.MaxAllocs(t, "Refund, Peek and Reset", 0, func() {
		if l.Refund(ctx, d, 1) != nil || !l.Peek(ctx, someKey).Allowed || l.Reset(ctx, someKey) != nil {
			t.Fatal("Refund, Peek or Reset has failed in memory")
		}
	})
}
