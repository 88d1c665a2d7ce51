package ratelimit_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A client that waits for the given number of seconds is admitted, at any time within a
// second and for windows of any length. A client that waits a second less is refused:
// otherwise Retry-After would be too long.
func TestRetryAfterHeaderIsExact(t *testing.T) {
	for _, limit := range []ratelimit.Limit{
		ratelimit.PerSecond(1), ratelimit.PerSecond(40), ratelimit.PerMinute(3), ratelimit.PerMinute(100),
		{Quota: 5, Window: 300 * time.Millisecond}, {Quota: 50, Window: 7500 * time.Millisecond}, {Quota: 20, Window: 24 * time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := build(t, ratelimit.Config{Limits: []ratelimit.Limit{limit}}).Handler(&mwtest.Spy{})
			for i := range 30 {
				time.Sleep(limit.Window/time.Duration(limit.Quota)/3 + time.Duration(i)*137*time.Microsecond)
				res := get(h)
				for res.StatusCode == 200 {
					res = get(h)
				}
				mwtest.Refused(t, res, 429, "rate_limited")
				wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
				if err != nil || wait < 1 {
					t.Fatalf("Retry-After %q", res.Header.Get("Retry-After"))
				}
				if _, after, _ := strings.Cut(res.Header.Get("RateLimit"), ";t="); after != strconv.Itoa(wait) {
					t.Errorf("RateLimit %q with Retry-After %d", res.Header.Get("RateLimit"), wait)
				}
				time.Sleep(time.Duration(wait-1) * time.Second)
				if get(h).StatusCode != 429 {
					t.Fatalf("%v: admitted a second before Retry-After %d", limit, wait)
				}
				time.Sleep(time.Second)
				if get(h).StatusCode != 200 {
					t.Fatalf("%v: refused after Retry-After %d", limit, wait)
				}
			}
		})
	}
}

func TestHeadersMode(t *testing.T) {
	for mode, want := range map[ratelimit.Headers][2]bool{
		ratelimit.HeadersAlways: {true, true}, ratelimit.HeadersOnRefusal: {false, true}, ratelimit.HeadersNever: {false, false},
	} {
		h := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Headers: mode}).Handler(&mwtest.Spy{})
		for i, status := range []int{200, 429} {
			res := get(h)
			if res.StatusCode != status {
				t.Errorf("mode %d: status %d, want %d", mode, res.StatusCode, status)
			}
			for _, name := range []string{"RateLimit", "RateLimit-Policy"} {
				if (res.Header.Get(name) != "") != want[i] {
					t.Errorf("mode %d, status %d: %s %q", mode, status, name, res.Header[name])
				}
			}
			if (res.Header.Get("Retry-After") != "") != (status == 429) {
				t.Errorf("mode %d, status %d: Retry-After %q", mode, status, res.Header.Get("Retry-After"))
			}
		}
	}
}

func TestPolicyOfFractionalWindows(t *testing.T) {
	h := build(t, ratelimit.Config{Limits: []ratelimit.Limit{
		{Quota: 5, Window: 100 * time.Millisecond}, {Quota: 8, Window: 1500 * time.Millisecond}, {Quota: 20, Window: 90 * time.Second},
	}}).Handler(&mwtest.Spy{})
	const want = `"100ms";q=5, "1.5s";q=8, "1m30s";q=20;w=90`
	if got := get(h).Header.Get("RateLimit-Policy"); got != want {
		t.Errorf("RateLimit-Policy %q, want %q", got, want)
	}
}

// The name of a limit has no parts that are zero.
func TestLimitNames(t *testing.T) {
	for window, want := range map[time.Duration]string{
		time.Second: "second", time.Minute: "minute", time.Hour: "hour", 24 * time.Hour: "day",
		15 * time.Minute: "15m", 10 * time.Minute: "10m", 2 * time.Hour: "2h", 10 * time.Hour: "10h", 90 * time.Minute: "1h30m",
		70 * time.Minute: "1h10m", time.Hour + time.Second: "1h0m1s", 10 * time.Second: "10s", 60*time.Hour + 10*time.Minute: "60h10m",
	} {
		if got := (ratelimit.Limit{Quota: 7, Window: window}).String(); got != "7 per "+want {
			t.Errorf("%v: %q, want %q", window, got, want)
		}
	}
	h := build(t, ratelimit.Config{Name: "general", Limits: []ratelimit.Limit{{Quota: 100, Window: 15 * time.Minute}}}).Handler(&mwtest.Spy{})
	if got, want := get(h).Header.Get("RateLimit-Policy"), `"general-15m";q=100;w=900`; got != want {
		t.Errorf("RateLimit-Policy %q, want %q", got, want)
	}
}

// The headers of two limiters on one request stand in one line, the outer limiter
// first.
func TestChainedLimitersShareTheHeaders(t *testing.T) {
	outer := build(t, ratelimit.Config{Name: "ip", Limits: []ratelimit.Limit{ratelimit.PerMinute(10)}})
	inner := build(t, ratelimit.Config{Name: "user", Limits: []ratelimit.Limit{ratelimit.PerHour(2)}})
	chain := func(h http.Handler) http.Handler { return outer.Handler(inner.Handler(h)) }
	h := chain(&mwtest.Spy{})
	for _, want := range []struct {
		status int
		state  string
	}{
		{200, `"ip-minute";r=9;t=60, "user-hour";r=1;t=3600`},
		{200, `"ip-minute";r=8;t=60, "user-hour";r=0;t=3600`},
		{429, `"ip-minute";r=7;t=60, "user-hour";r=0;t=3600`},
	} {
		res := get(h)
		if got := res.Header["Ratelimit"]; res.StatusCode != want.status || len(got) != 1 || got[0] != want.state {
			t.Errorf("%d, RateLimit %q, want %d, %q", res.StatusCode, got, want.status, want.state)
		}
		if got := res.Header["Ratelimit-Policy"]; len(got) != 1 || got[0] != `"ip-minute";q=10;w=60, "user-hour";q=2;w=3600` {
			t.Errorf("RateLimit-Policy %q", got)
		}
	}
}

func TestHeaderValuesAreUnshared(t *testing.T) {
	fixed := func(*http.Request) (ratelimit.Key, bool) { return someKey, true }
	for name, status := range map[string]int{"admitted": 200, "denied": 429} {
		synctest.Test(t, func(t *testing.T) { // time stands still, so the parameter t is always the same
			n := 0
			mw := func(next http.Handler) http.Handler {
				// A new limiter each time gives the same answer each time.
				l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(2)}, Key: fixed, MaxKeys: 1})
				for range n {
					l.Take(ctx, someKey, 1)
				}
				return l.Handler(next)
			}
			if status == 429 {
				n = 2
			}
			for _, record := range []bool{false, true} {
				mwtest.Unshared(t, mw, func() *http.Request {
					r := httptest.NewRequest("GET", "/", nil)
					if record {
						_, r = carrier.Ensure(r)
					}
					return r
				})
			}
			if res := get(mw(&mwtest.Spy{})); res.StatusCode != status {
				t.Errorf("%s: status %d", name, res.StatusCode)
			}
		})
	}
}

func TestLegacyHeaders(t *testing.T) {
	for mode, want := range map[ratelimit.Headers][]bool{
		ratelimit.HeadersAlways:    {true, true, true},
		ratelimit.HeadersOnRefusal: {false, false, true},
		ratelimit.HeadersNever:     {false, false, false},
	} {
		h := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(2)}, LegacyHeaders: true, Headers: mode}).Handler(&mwtest.Spy{})
		for i, remaining := range []string{"1", "0", "0"} {
			res := get(h)
			for name, value := range map[string]string{"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": "3600"} {
				if !want[i] {
					value = ""
				}
				if got := res.Header.Get(name); got != value {
					t.Errorf("mode %d, response %d: %s %q, want %q", mode, i, name, got, value)
				}
			}
		}
	}
}
