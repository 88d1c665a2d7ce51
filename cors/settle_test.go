package cors_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// discard is a Sink for tests that read no records.
type discard struct{}

func (discard) Emit(context.Context, audit.Record) error { return nil }

// settlers are the layers that settle headers.
func settlers(t *testing.T) map[string]func(http.Handler) http.Handler {
	outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Sink: discard{}}))
	return map[string]func(http.Handler) http.Handler{"httperr": outer.Handler, "headers.Enforce": headers.Enforce}
}

// reflectingProxy returns a proxy to a service that grants everything to each origin.
func reflectingProxy(t *testing.T) http.Handler {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Expose-Headers", "*")
		w.Header().Set("Vary", "Accept-Encoding")
	}))
	t.Cleanup(upstream.Close)
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(target)
}

// A browser refuses two lines, so the listed origin was blocked; and the unlisted origin
// could read with credentials.
func TestProxyGrantsNothing(t *testing.T) {
	m := mustNew(t, withCredentials(app))
	for name, settle := range settlers(t) {
		h := settle(m.Handler(reflectingProxy(t)))
		listed := mwtest.Do(h, actual(app)).Header
		wantFields(t, listed, "Allow-Origin", app, "Allow-Credentials", "true")
		unlisted := mwtest.Do(h, actual("https://evil.test")).Header
		wantFields(t, unlisted)
		for _, got := range []http.Header{listed, unlisted} {
			if v := got.Values("Vary"); len(v) != 2 || v[0] != "Origin" || v[1] != "Accept-Encoding" {
				t.Errorf("%s: Vary %q", name, v)
			}
		}
	}
	if got := mwtest.Do(m.Handler(reflectingProxy(t)), actual("https://evil.test")).Header.Get("Access-Control-Allow-Origin"); got != "https://evil.test" {
		t.Errorf("without a layer that settles, the test sees %q: it proves nothing", got)
	}
}

// A handler that sets Vary does not lose Vary: Origin, or a cache would give the grant of
// one page to another.
func TestHandlerSetsVary(t *testing.T) {
	compress := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Vary", "Accept-Encoding") })
	for name, settle := range settlers(t) {
		got := mwtest.Do(settle(mustNew(t, withOrigins(app)).Handler(compress)), actual(app)).Header["Vary"]
		if len(got) != 2 || got[0] != "Accept-Encoding" || got[1] != "Origin" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Inside of httperr, cors adds no allocation.
func TestNoAllocationInTheSpine(t *testing.T) {
	outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Sink: discard{}}))
	noop := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	w := mwtest.NewDiscard()
	bare := outer.Handler(noop)
	for _, tc := range []struct {
		name string
		cfg  cors.Config
		r    *http.Request
	}{
		{"no origin", fullConfig, httptest.NewRequest("GET", "/", nil)},
		{"actual", fullConfig, actual(app)},
		{"foreign", fullConfig, actual("https://evil.test")},
		{"preflight", fullConfig, preflight(app, "PUT", "x-a,x-b")},
		{"denied preflight", fullConfig, preflight("https://evil.test", "PUT")},
		{"denied headers", fullConfig, preflight(app, "PUT", string(make([]byte, 64<<10)))},
		{"any origin", cors.Config{AllowAnyOrigin: true, ExposeOwn: true}, actual(app)},
	} {
		h := outer.Handler(mustNew(t, tc.cfg).Handler(noop))
		want := testing.AllocsPerRun(100, func() { w.Reset(); bare.ServeHTTP(w, tc.r) })
		mwtest.MaxAllocs(t, tc.name, want, func() { w.Reset(); h.ServeHTTP(w, tc.r) })
	}
}
