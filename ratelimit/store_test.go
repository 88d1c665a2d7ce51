package ratelimit_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func TestStoreIsSharedByProcesses(t *testing.T) {
	s := &fakeStore{}
	cfg := ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(6), {Quota: 2, Window: time.Minute, Shadow: true}},
		Tiers:  map[string][]ratelimit.Limit{"gold": {ratelimit.PerHour(9)}},
		Tier:   func(*http.Request) string { return "" }, MaxKeys: 1,
	}
	a, b := buildWithStore(t, s, cfg), buildWithStore(t, s, cfg)
	if want := []string{"api", "api||shadow", "api|gold"}; !slices.Equal(s.opened[:3], want) {
		t.Errorf("opened %q, want %q", s.opened, want)
	}
	if d := a.Take(ctx, someKey, 4); !d.Allowed || d.Granted != 4 || d.Remaining != 2 || d.Shadowed != "api-minute" || d.Name != "api-hour" {
		t.Errorf("%+v", d)
	}
	if d := b.Take(ctx, someKey, 3); d.Allowed || d.Granted != 0 || d.Remaining != 2 || d.RetryAfter != time.Hour || !errors.Is(d.Err, ratelimit.ErrLimited) {
		t.Errorf("the other process: %+v", d)
	}
	d := b.TakeAtMost(ctx, someKey, 3)
	if !d.Allowed || d.Granted != 2 {
		t.Errorf("at most 3 of 2: %+v", d)
	}
	if err := b.Refund(ctx, d, 5); err != nil || a.Peek(ctx, someKey).Remaining != 2 {
		t.Errorf("refunded: %v, %+v", err, a.Peek(ctx, someKey))
	}
	if d := a.Tier("gold").Take(ctx, someKey, 1); d.Remaining != 8 || d.Tier != "gold" {
		t.Errorf("the other tier: %+v", d)
	}
	if err := a.Reset(ctx, someKey); err != nil || b.Peek(ctx, someKey).Remaining != 6 || a.Tier("gold").Peek(ctx, someKey).Remaining != 8 {
		t.Errorf("reset: %v, %+v", err, b.Peek(ctx, someKey))
	}
}

// The names of keys in a store must never change: otherwise every client would get a
// second quota while old and new processes run side by side.
func TestStoreKeysAreStable(t *testing.T) {
	sum := sha256.Sum256([]byte("victim"))
	for want, key := range map[[16]byte]ratelimit.Key{
		{}: {}, {4: 192, 6: 2, 7: 1, 15: 1}: ratelimit.AddrKey(netip.MustParseAddr("192.0.2.1")),
		{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8, 7: 7, 15: 2}: ratelimit.AddrKey(netip.MustParseAddr("2001:db8:0:7::1")),
		[16]byte(append(sum[:15:15], 3)):              someKey,
	} {
		s := &fakeStore{}
		buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, MaxKeys: 1}).Take(ctx, key, 1)
		if s.logs[fmt.Sprint("api", want)] == nil {
			t.Errorf("%v is counted as %v, want %v", key, s.logs, want)
		}
	}
}

// An impossible Count of a store is a failure and no panic.
func TestImplausibleCountIsAFailure(t *testing.T) {
	for name, alter := range map[string]func(*ratelimit.Count){
		"Limit too high":         func(c *ratelimit.Count) { c.Limit = 1 },
		"negative Limit":         func(c *ratelimit.Count) { c.Limit = -1 },
		"more than asked":        func(c *ratelimit.Count) { c.Granted++ },
		"negative Granted":       func(c *ratelimit.Count) { c.Granted = -1 },
		"negative Left":          func(c *ratelimit.Count) { c.Left = -1 },
		"negative Wait":          func(c *ratelimit.Count) { c.Wait = -1 },
		"a part of the cost":     func(c *ratelimit.Count) { c.Granted = 1 },
		"a refusal without Wait": func(c *ratelimit.Count) { c.Granted, c.Left, c.Wait = 0, 0, 0 },
		"longest Wait":           func(c *ratelimit.Count) { c.Granted, c.Left, c.Wait = 0, 0, math.MaxInt64 },
		"Wait of two centuries":  func(c *ratelimit.Count) { c.Wait = 200 * 365 * 24 * time.Hour },
	} {
		l := buildWithStore(t, &fakeStore{alter: alter}, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(9)}, MaxKeys: 1,
			OnFailure: ratelimit.FailClosed, Cost: func(*http.Request) int { return 2 },
		})
		if d := l.Take(ctx, someKey, 2); d.Allowed || !d.Degraded || !errors.Is(d.Err, ratelimit.ErrUnavailable) {
			t.Errorf("%s: %+v", name, d)
		}
		if d := l.Peek(ctx, someKey); !d.Allowed && d.RetryAfter <= 0 {
			t.Errorf("%s: Peek: %+v", name, d)
		}
		mwtest.Refused(t, get(l.Handler(&mwtest.Spy{})), 503, "limiter_unavailable")
	}
}

// The longest accepted wait does not overflow in the headers.
func TestLongestWaitOfAStore(t *testing.T) {
	s := &fakeStore{alter: func(c *ratelimit.Count) { c.Granted, c.Left, c.Wait = 0, 0, 100*365*24*time.Hour }}
	l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(9)}, MaxKeys: 1, LegacyHeaders: true})
	res := get(l.Handler(&mwtest.Spy{}))
	mwtest.Refused(t, res, 429, "rate_limited")
	if got := res.Header.Get("Retry-After"); got != "3153600000" {
		t.Errorf("Retry-After %q", got)
	}
}

// fullestMinuteOfARollout plays a client that asks every second for five minutes, while a limit of from
// becomes a limit of to. It returns the admissions of the fullest minute.
func fullestMinuteOfARollout(t *testing.T, from, to int, keepOld bool) (most int) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{} // keeps counts over the restart
		limiter := func(name string, quota int) *ratelimit.Limiter {
			// Package redisstore counts other limits under other keys.
			name = fmt.Sprint(name, "-", quota)
			return build(t, ratelimit.Config{Name: name, Store: s, Limits: []ratelimit.Limit{ratelimit.PerMinute(quota)}})
		}
		var admitted exactLog
		admit := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { admitted = append(admitted, time.Since(clock)) })
		serve := func(h http.Handler, d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}
		}
		serve(limiter("api", from).Handler(admit), 130*time.Second)
		if keepOld {
			serve(limiter("api", from).Handler(limiter("api-2", to).Handler(admit)), 61*time.Second)
			serve(limiter("api-2", to).Handler(admit), 130*time.Second)
		} else {
			serve(limiter("api", to).Handler(admit), 130*time.Second)
		}
		most = admitted.maxInWindow(time.Minute)
	})
	return most
}

// A changed number gives a key up to both quotas in one window, and with the rollout of
// doc.go, in a Store, no more than the larger of the two.
func TestRolloutOfAChangedQuota(t *testing.T) {
	for _, change := range [][2]int{{20, 25}, {25, 20}, {10, 30}} {
		from, to := change[0], change[1]
		if n := fullestMinuteOfARollout(t, from, to, true); n > max(from, to) {
			t.Errorf("%d to %d: %d in one minute", from, to, n)
		}
		if n := fullestMinuteOfARollout(t, from, to, false); n <= max(from, to) {
			t.Errorf("%d to %d: a plain change admits only %d: doc.go may promise more", from, to, n)
		}
	}
}
