package ratelimit_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func build(t testing.TB, cfg ratelimit.Config) *ratelimit.Limiter {
	t.Helper()
	if cfg.Key == nil {
		cfg.Key = ratelimit.ByClientIP
	}
	return mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(cfg))
}

func get(h http.Handler) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Result()
}

func TestRefusalOverTheWire(t *testing.T) {
	spy := &mwtest.Spy{}
	l := build(t, ratelimit.Config{Name: "login", Limits: []ratelimit.Limit{ratelimit.PerMinute(2), ratelimit.PerHour(3)}})
	srv := httptest.NewServer(l.Handler(spy))
	defer srv.Close()
	for i := range 4 {
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		own := []string{"RateLimit", "RateLimit-Policy", "Date", "Content-Length", "Content-Type"}
		if want := `"login-minute";q=2;w=60, "login-hour";q=3;w=3600`; res.Header.Get("RateLimit-Policy") != want {
			t.Errorf("RateLimit-Policy %q, want %q", res.Header.Get("RateLimit-Policy"), want)
		}
		if i < 2 {
			if want := `"login-minute";r=` + strconv.Itoa(1-i) + `;t=60`; res.StatusCode != 200 || res.Header.Get("RateLimit") != want {
				t.Errorf("request %d: %d, RateLimit %q, want %q", i, res.StatusCode, res.Header.Get("RateLimit"), want)
			}
			mwtest.OnlyHeaders(t, res.Header, own...)
			_ = res.Body.Close()
			continue
		}
		mwtest.Refused(t, res, 429, "rate_limited")
		mwtest.OnlyHeaders(t, res.Header, append(own, "Retry-After", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id")...)
		if got := res.Header.Get("Retry-After"); got != "60" || res.Header.Get("RateLimit") != `"login-minute";r=0;t=60` {
			t.Errorf("request %d: Retry-After %q, RateLimit %q", i, got, res.Header.Get("RateLimit"))
		}
	}
	if spy.Calls() != 2 {
		t.Errorf("%d requests reached the handler, want 2", spy.Calls())
	}
}

// A client that waits as many seconds as it is told is admitted, at any time
// within a second and for windows of any length; one that waits a second less
// is not, or Retry-After would be too long.
func TestRetryAfterHeaderIsTrue(t *testing.T) {
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

func TestPolicyOfOddWindows(t *testing.T) {
	h := build(t, ratelimit.Config{Limits: []ratelimit.Limit{
		{Quota: 5, Window: 100 * time.Millisecond}, {Quota: 8, Window: 1500 * time.Millisecond}, {Quota: 20, Window: 90 * time.Second},
	}}).Handler(&mwtest.Spy{})
	const want = `"100ms";q=5, "1.5s";q=8, "1m30s";q=20;w=90`
	if got := get(h).Header.Get("RateLimit-Policy"); got != want {
		t.Errorf("RateLimit-Policy %q, want %q", got, want)
	}
}

// Two limiters on one request: both are heard, in one line, the outer first.
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
	fixed := func(*http.Request) (ratelimit.Key, bool) { return victim, true }
	for name, status := range map[string]int{"admitted": 200, "denied": 429} {
		synctest.Test(t, func(t *testing.T) { // time stands still, so that t does
			n := 0
			mw := func(next http.Handler) http.Handler {
				// A fresh limiter each time answers alike each time.
				l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(2)}, Key: fixed, MaxKeys: 1})
				for range n {
					l.Take(ctx, victim, 1)
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

func TestCheckDenyObserve(t *testing.T) {
	var seen []ratelimit.Decision
	var denied error
	cfg := ratelimit.Config{
		Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(1)},
		Observe: func(_ *http.Request, d ratelimit.Decision) { seen = append(seen, d) },
		Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
			denied = err
			w.WriteHeader(http.StatusTeapot)
		},
	}
	spy := &mwtest.Spy{}
	l := build(t, cfg)
	h := l.Handler(spy)
	get(h)
	res := get(h)
	if res.StatusCode != 418 || res.Header.Get("Retry-After") != "3600" || spy.Calls() != 1 {
		t.Errorf("status %d, Retry-After %q, %d calls", res.StatusCode, res.Header.Get("Retry-After"), spy.Calls())
	}
	if !errors.Is(denied, ratelimit.ErrLimited) || denied.Error() != "rate_limited: ratelimit: api-hour: more than 1 per hour" {
		t.Errorf("Deny was given %v", denied)
	}
	if len(seen) != 2 || !seen[0].Allowed || seen[1].Allowed || seen[1].Name != "api-hour" || seen[1].RetryAfter <= 0 {
		t.Errorf("Observe saw %+v", seen)
	}
	d, err := l.Check(httptest.NewRequest("GET", "/", nil))
	if d.Allowed || !errors.Is(err, ratelimit.ErrLimited) || len(seen) != 2 {
		t.Errorf("Check: %+v, %v; Observe saw %d", d, err, len(seen))
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Handler(nil) must panic")
			}
		}()
		l.Handler(nil)
	}()
}

// In the whole chain: tenant and route joined inside a mux, one envelope, one
// record that names the limit.
func TestInTheChain(t *testing.T) {
	logger, logged := mwtest.Log()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	tenant := ratelimit.By(func(r *http.Request) (string, bool) { return r.Header.Get("X-Tenant"), true })
	l := build(t, ratelimit.Config{Name: "tenant", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.Join(tenant, ratelimit.ByRoute)})
	mux := http.NewServeMux()
	mux.Handle("GET /a/{id}", l.Handler(&mwtest.Spy{}))
	mux.Handle("GET /b/{id}", l.Handler(&mwtest.Spy{}))
	h := errs.Handler(mux)
	for _, step := range []struct {
		path, tenant string
		status       int
	}{
		{"/a/1", "x", 200}, {"/a/2", "x", 429}, {"/b/1", "x", 200}, {"/a/1", "y", 200},
		{"/a/1", "", 200}, {"/b/1", "", 429}, // without a tenant all share one quota
	} {
		r := httptest.NewRequest("GET", step.path, nil)
		r.Header.Set("X-Tenant", step.tenant)
		res := mwtest.Do(h, r)
		if res.StatusCode != step.status {
			t.Errorf("%+v: status %d", step, res.StatusCode)
		}
		var limit, code any // neither is in the record of a request that was admitted
		if step.status == 429 {
			limit, code = "tenant-hour", "rate_limited"
			mwtest.Refused(t, res, 429, "rate_limited")
		}
		if records := logged(); len(records) != 1 || records[0]["limit"] != limit || records[0]["code"] != code {
			t.Errorf("%+v: records %v", step, records)
		}
	}
}

// The record of the chain learns which limit refused; without one, none is made.
func TestRecordLearnsTheLimit(t *testing.T) {
	l := build(t, ratelimit.Config{Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}})
	spy := &mwtest.Spy{}
	h := l.Handler(spy)
	rec, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil))
	h.ServeHTTP(httptest.NewRecorder(), r)
	if f := rec.Facts(); f.Limit != "" {
		t.Errorf("admitted, and the record says %q", f.Limit)
	}
	h.ServeHTTP(httptest.NewRecorder(), r)
	if f := rec.Facts(); f.Limit != "api-hour" || f.Code != "rate_limited" || !errors.Is(f.Cause, ratelimit.ErrLimited) {
		t.Errorf("refused, and the record says %+v", f)
	}
	other := httptest.NewRequest("GET", "/", nil)
	other.RemoteAddr = "198.51.100.7:1"
	h.ServeHTTP(httptest.NewRecorder(), other)
	if spy.Last() != other {
		t.Error("an admitted request must be handed on as it is")
	}
}
