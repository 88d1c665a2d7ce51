package ratelimit_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

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

// The whole chain: the key joins tenant and route inside a mux, and a refusal gives one
// envelope and one record that names the limit.
func TestInTheChain(t *testing.T) {
	logger, logged := mwtest.Log()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	tenant := ratelimit.By(func(r *http.Request) (string, bool) { return r.Header.Get("X-Tenant"), true })
	l := build(t, ratelimit.Config{
		Name: "tenant", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Key: ratelimit.Join(tenant, ratelimit.ByRoute),
	})
	mux := http.NewServeMux()
	mux.Handle("GET /a/{id}", l.Handler(&mwtest.Spy{}))
	mux.Handle("GET /b/{id}", l.Handler(&mwtest.Spy{}))
	h := errs.Handler(mux)
	for _, step := range []struct {
		path, tenant string
		status       int
	}{
		{"/a/1", "x", 200}, {"/a/2", "x", 429}, {"/b/1", "x", 200}, {"/a/1", "y", 200},
		{"/a/1", "", 200}, {"/b/1", "", 429}, // requests without a tenant share one quota
	} {
		r := httptest.NewRequest("GET", step.path, nil)
		r.Header.Set("X-Tenant", step.tenant)
		res := mwtest.Do(h, r)
		if res.StatusCode != step.status {
			t.Errorf("%+v: status %d", step, res.StatusCode)
		}
		var limit, code any // the record of an admitted request has neither
		if step.status == 429 {
			limit, code = "tenant-hour", "rate_limited"
			mwtest.Refused(t, res, 429, "rate_limited")
		}
		if records := logged(); len(records) != 1 || records[0]["limit"] != limit || records[0]["code"] != code {
			t.Errorf("%+v: records %v", step, records)
		}
	}
}

// The record of the chain names the limit that refused. Without a record, Handler makes
// none.
func TestRecordNamesTheLimit(t *testing.T) {
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
		t.Error("an admitted request must reach the handler unchanged")
	}
}
