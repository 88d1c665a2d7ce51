package ratelimit_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// shared is a Store that keeps the exact log of each key, and fails on demand.
type shared struct {
	mu     sync.Mutex
	opened []string
	logs   map[string]log
	calls  int
	fail   error                    // what every call returns, if not nil
	hang   bool                     // until the context ends
	slow   time.Duration            // before it decides
	lie    func(*ratelimit.Count)   // changes what is decided
	budget func(left time.Duration) // is told what the context leaves
}

type sharedCounter struct {
	*shared
	name   string
	limits []ratelimit.Limit
}

func (s *shared) Open(name string, limits []ratelimit.Limit) (ratelimit.Counter, error) {
	s.opened = append(s.opened, name)
	if s.logs == nil {
		s.logs = map[string]log{}
	}
	return &sharedCounter{s, name, limits}, nil
}

var clock = time.Now() // where the logs begin, before anything is decided

func (c *sharedCounter) begin(ctx context.Context) error {
	c.mu.Lock()
	c.calls++
	hang, fail, slow := c.hang, c.fail, c.slow
	if end, ok := ctx.Deadline(); ok && c.budget != nil {
		c.budget(time.Until(end))
	}
	c.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if slow > 0 {
		time.Sleep(slow)
	}
	return fail
}

func (c *sharedCounter) Take(ctx context.Context, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	if err := c.begin(ctx); err != nil {
		return ratelimit.Count{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now, name := time.Since(clock), fmt.Sprint(c.name, key)
	count := ratelimit.Count{Granted: n, Left: 1 << 20, Stamp: int64(now)}
	for i, l := range c.limits {
		used := 0
		for _, t := range c.logs[name] {
			if now-t < l.Window {
				used++
			}
		}
		if left := int64(l.Quota - used); left < count.Left {
			count.Limit, count.Left, count.Wait = i, left, l.Window
		}
	}
	if count.Left < int64(n) {
		if count.Granted = 0; atMost {
			count.Granted = int(count.Left)
		}
	}
	for range count.Granted {
		c.logs[name] = append(c.logs[name], now)
	}
	count.Left -= int64(count.Granted)
	if c.lie != nil {
		c.lie(&count)
	}
	return count, nil
}

func (c *sharedCounter) Refund(ctx context.Context, key [16]byte, n int, stamp int64) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := fmt.Sprint(c.name, key)
	for ; n > 0; n-- {
		if i := slices.Index(c.logs[name], time.Duration(stamp)); i >= 0 {
			c.logs[name] = slices.Delete(c.logs[name], i, i+1)
		}
	}
	return nil
}

func (c *sharedCounter) Reset(ctx context.Context, key [16]byte) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.logs, fmt.Sprint(c.name, key))
	return nil
}

func (s *shared) set(f func(*shared)) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
	return s.calls
}

var errStore = errors.New("the store is on fire")

func onStore(t testing.TB, s *shared, cfg ratelimit.Config) *ratelimit.Limiter {
	t.Helper()
	cfg.Store, cfg.Name = s, "api"
	return build(t, cfg)
}

func TestStoreIsSharedByProcesses(t *testing.T) {
	s := &shared{}
	cfg := ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(6), {Quota: 2, Window: time.Minute, Shadow: true}},
		Tiers:  map[string][]ratelimit.Limit{"gold": {ratelimit.PerHour(9)}},
		Tier:   func(*http.Request) string { return "" }, MaxKeys: 1,
	}
	a, b := onStore(t, s, cfg), onStore(t, s, cfg)
	if want := []string{"api", "api||shadow", "api|gold"}; !slices.Equal(s.opened[:3], want) {
		t.Errorf("opened %q, want %q", s.opened, want)
	}
	if d := a.Take(ctx, victim, 4); !d.Allowed || d.Granted != 4 || d.Remaining != 2 || d.Shadowed != "api-minute" || d.Name != "api-hour" {
		t.Errorf("%+v", d)
	}
	if d := b.Take(ctx, victim, 3); d.Allowed || d.Granted != 0 || d.Remaining != 2 || d.RetryAfter != time.Hour || !errors.Is(d.Err, ratelimit.ErrLimited) {
		t.Errorf("the other process: %+v", d)
	}
	d := b.TakeAtMost(ctx, victim, 3)
	if !d.Allowed || d.Granted != 2 {
		t.Errorf("at most 3 of 2: %+v", d)
	}
	if err := b.Refund(ctx, d, 5); err != nil || a.Peek(ctx, victim).Remaining != 2 {
		t.Errorf("refunded: %v, %+v", err, a.Peek(ctx, victim))
	}
	if d := a.Tier("gold").Take(ctx, victim, 1); d.Remaining != 8 || d.Tier != "gold" {
		t.Errorf("the other tier: %+v", d)
	}
	if err := a.Reset(ctx, victim); err != nil || b.Peek(ctx, victim).Remaining != 6 || a.Tier("gold").Peek(ctx, victim).Remaining != 8 {
		t.Errorf("reset: %v, %+v", err, b.Peek(ctx, victim))
	}
}

// The names of keys in a store are for ever: changing them would give every
// client a second quota while old and new processes run side by side.
func TestKeysInTheStore(t *testing.T) {
	sum := sha256.Sum256([]byte("victim"))
	for want, key := range map[[16]byte]ratelimit.Key{
		{}: {}, {4: 192, 6: 2, 7: 1, 15: 1}: ratelimit.AddrKey(netip.MustParseAddr("192.0.2.1")),
		{0: 0x20, 1: 1, 2: 0xd, 3: 0xb8, 7: 7, 15: 2}: ratelimit.AddrKey(netip.MustParseAddr("2001:db8:0:7::1")),
		[16]byte(append(sum[:15:15], 3)):              victim,
	} {
		s := &shared{}
		onStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, MaxKeys: 1}).Take(ctx, key, 1)
		if s.logs[fmt.Sprint("api", want)] == nil {
			t.Errorf("%v is counted as %v, want %v", key, s.logs, want)
		}
	}
}

func TestOnFailureOverTheWire(t *testing.T) {
	for policy, want := range map[ratelimit.OnFailure][]int{
		ratelimit.FailLocal: {200, 200, 429, 429}, ratelimit.FailClosed: {503, 503, 503, 503}, ratelimit.FailOpen: {200, 200, 200, 200},
	} {
		s := &shared{fail: errStore}
		var seen []ratelimit.Decision
		l := onStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, OnFailure: policy, Replicas: 2, MaxKeys: 1,
			Observe: func(_ *http.Request, d ratelimit.Decision) { seen = append(seen, d) },
		})
		h := l.Handler(&mwtest.Spy{})
		for i, status := range want {
			res := get(h)
			if res.StatusCode != status || !seen[i].Degraded || seen[i].Allowed != (status == 200) || seen[i].Allowed && !errors.Is(seen[i].Err, errStore) {
				t.Errorf("%v: %d, %+v", policy, res.StatusCode, seen[i])
			}
			if policy != ratelimit.FailLocal && (res.Header.Get("RateLimit") != "" || seen[i].Name != "") {
				t.Errorf("%v: nobody counted, and the headers say %v", policy, res.Header)
			}
			switch status {
			case 429:
				mwtest.Refused(t, res, 429, "rate_limited")
				if res.Header.Get("RateLimit-Policy") != `"api-hour";q=3;w=3600` {
					t.Errorf("the policy must not change: %v", res.Header)
				}
			case 503:
				mwtest.Refused(t, res, 503, "limiter_unavailable")
				mwtest.OnlyHeaders(t, res.Header, "Retry-After", "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id")
				if res.Header.Get("Retry-After") != "1" || !errors.Is(seen[i].Err, ratelimit.ErrUnavailable) || !errors.Is(seen[i].Err, errStore) {
					t.Errorf("Retry-After %q, %v", res.Header.Get("Retry-After"), seen[i].Err)
				}
			}
		}
	}
}

// What a store says is worked with: nonsense is a failure and no panic.
func TestLyingStoreHasFailed(t *testing.T) {
	for name, lie := range map[string]func(*ratelimit.Count){
		"no such limit": func(c *ratelimit.Count) { c.Limit = 1 }, "below the first": func(c *ratelimit.Count) { c.Limit = -1 },
		"more than asked": func(c *ratelimit.Count) { c.Granted++ }, "less than nothing": func(c *ratelimit.Count) { c.Granted = -1 },
		"debt": func(c *ratelimit.Count) { c.Left = -1 }, "past": func(c *ratelimit.Count) { c.Wait = -1 },
		"half": func(c *ratelimit.Count) { c.Granted = 1 }, "a refusal for nothing": func(c *ratelimit.Count) { c.Granted, c.Left, c.Wait = 0, 0, 0 },
		"never": func(c *ratelimit.Count) { c.Granted, c.Left, c.Wait = 0, 0, math.MaxInt64 }, "in two centuries": func(c *ratelimit.Count) { c.Wait = 200 * 365 * 24 * time.Hour },
	} {
		l := onStore(t, &shared{lie: lie}, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(9)}, MaxKeys: 1, OnFailure: ratelimit.FailClosed, Cost: func(*http.Request) int { return 2 }})
		if d := l.Take(ctx, victim, 2); d.Allowed || !d.Degraded || !errors.Is(d.Err, ratelimit.ErrUnavailable) {
			t.Errorf("%s: %+v", name, d)
		}
		if d := l.Peek(ctx, victim); !d.Allowed && d.RetryAfter <= 0 {
			t.Errorf("%s: a look: %+v", name, d)
		}
		mwtest.Refused(t, get(l.Handler(&mwtest.Spy{})), 503, "limiter_unavailable")
	}
}

// The longest wait that is believed is told without an overflow.
func TestLongWaitOfAStore(t *testing.T) {
	s := &shared{lie: func(c *ratelimit.Count) { c.Granted, c.Left, c.Wait = 0, 0, 100*365*24*time.Hour }}
	l := onStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(9)}, MaxKeys: 1, LegacyHeaders: true})
	res := get(l.Handler(&mwtest.Spy{}))
	mwtest.Refused(t, res, 429, "rate_limited")
	if got := res.Header.Get("Retry-After"); got != "3153600000" {
		t.Errorf("Retry-After %q", got)
	}
}

// A client that leaves is no failure of the store, and is not let in for it.
func TestClientThatLeavesIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shared{hang: true}
		spy := &mwtest.Spy{}
		l := onStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, OnFailure: ratelimit.FailOpen,
			OnState: func(_ string, err error) { t.Errorf("state %v", err) },
		})
		for range 20 {
			ctx, leave := context.WithTimeout(t.Context(), 3*time.Millisecond)
			r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
			if d, err := l.Check(r); d.Allowed || d.Degraded || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%+v, %v", d, err)
			}
			mwtest.Refused(t, mwtest.Do(l.Handler(spy), r), 504, "timeout")
			leave()
		}
		if spy.Calls() != 0 {
			t.Errorf("%d were let in", spy.Calls())
		}
	})
}
