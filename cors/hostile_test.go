package cors_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// withRecord adds a carrier.Record to each request, so that the header values
// are taken from the array of that record.
func withRecord(m *cors.Middleware) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		h := m.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, r = carrier.Ensure(r)
			h.ServeHTTP(w, r)
		})
	}
}

func TestUnshared(t *testing.T) {
	anyOrigin := mustNew(t, cors.Config{AllowAnyOrigin: true, ExposeHeaders: []string{"*"}})
	m := mustNew(t, fullConfig)
	for _, wrap := range []func(http.Handler) http.Handler{m.Handler, withRecord(m), anyOrigin.Handler} {
		for _, request := range []func() *http.Request{
			func() *http.Request { return httptest.NewRequest("GET", "/", nil) },
			func() *http.Request { return actual(app) },
			func() *http.Request { return actual("https://evil.test") },
			func() *http.Request { return preflight(app, "PUT", "x-a,x-b") },
			func() *http.Request { return preflight(app, "PUT", "x-a", "x-b") },
			func() *http.Request { return preflight("https://evil.test", "PUT") },
		} {
			mwtest.Unshared(t, wrap, request)
		}
	}
}

// A handler that changes the header values of one Middleware must not change
// the values of another Middleware, nor the fields of the request.
func TestUnsharedBetweenPolicies(t *testing.T) {
	victim := mustNew(t, fullConfig)
	before := serve(victim, preflight(app, "PUT", "x-a"), nil).Header
	for _, r := range []*http.Request{actual(app), preflight(app, "PUT", "x-a")} {
		other := mustNew(t, fullConfig)
		w := httptest.NewRecorder()
		other.Handler(mwtest.HostileInner()).ServeHTTP(w, r)
		for _, v := range w.Header() {
			for i := range v {
				v[i] = "poison"
			}
		}
		if r.Method == http.MethodOptions && (r.Header.Get("Origin") != app || r.Header.Get("Access-Control-Request-Headers") != "x-a") {
			t.Errorf("the response aliases the request: %v", r.Header)
		}
	}
	after := serve(victim, preflight(app, "PUT", "x-a"), nil).Header
	for name, v := range before {
		if after.Get(name) != v[0] {
			t.Errorf("%s: %q, want %q", name, after[name], v)
		}
	}
}

// headerChanger changes the headers in WriteHeader, as compressing writers do.
type headerChanger struct{ http.ResponseWriter }

func (c headerChanger) WriteHeader(status int) {
	for _, v := range c.Header() {
		for i := range v {
			v[i] = "poison"
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

func TestUnsharedInWriteHeader(t *testing.T) {
	m := mustNew(t, fullConfig)
	for range 2 {
		m.Handler(&mwtest.Spy{}).ServeHTTP(headerChanger{httptest.NewRecorder()}, preflight(app, "PUT", "x-a"))
	}
	wantFields(t, serve(m, preflight(app, "PUT", "x-a"), nil).Header, "Allow-Origin", app, "Allow-Methods", "PUT",
		"Allow-Headers", "x-a", "Allow-Credentials", "true", "Max-Age", "3600")
}

// The Vary slice of an outer layer may have spare capacity. The middleware must
// not write there, because another response may share the array.
func TestVaryIsNotAppendedInPlace(t *testing.T) {
	shared := make([]string, 1, 4)
	shared[0] = "Accept-Encoding"
	for _, r := range []*http.Request{actual(app), actual("https://evil.test"), preflight(app, "PUT")} {
		w := httptest.NewRecorder()
		w.Header()["Vary"] = shared
		mustNew(t, fullConfig).Handler(&mwtest.Spy{}).ServeHTTP(w, r)
		if got := shared[:2][1]; got != "" {
			t.Errorf("%q written into a shared array", got)
		}
	}
}

func TestConcurrent(t *testing.T) {
	h := mustNew(t, fullConfig).Handler(mwtest.HostileInner())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				h.ServeHTTP(httptest.NewRecorder(), actual(app))
				w := httptest.NewRecorder()
				h.ServeHTTP(w, preflight(app, "PUT", "x-a"))
				if w.Code != 204 {
					t.Errorf("status %d", w.Code)
				}
			}
		})
	}
	wg.Wait()
}

func TestAllocations(t *testing.T) {
	m := mustNew(t, fullConfig)
	w := mwtest.NewDiscard()
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, row := range []struct {
		name string
		r    *http.Request
		want float64
	}{
		{"no origin", httptest.NewRequest("GET", "/", nil), 1},
		{"actual", actual(app), 2},
		{"foreign", actual("https://evil.test"), 1},
		{"preflight", preflight(app, "PUT", "x-a,x-b"), 2},
	} {
		mwtest.MaxAllocs(t, row.name, row.want, func() {
			w.Reset()
			h.ServeHTTP(w, row.r)
		})
	}
	// The record, which holds the request that carries it, is one allocation. The second
	// is in rs/cors: it boxes an argument for a log that is off.
	r := actual(app)
	mwtest.MaxAllocs(t, "actual, with a record", 2, func() {
		w.Reset()
		_, r := carrier.Ensure(r)
		h.ServeHTTP(w, r)
	})
	if w.Header().Get("Access-Control-Allow-Origin") != app {
		t.Error("the measured request is not granted")
	}
	pattern := mustNew(t, withCredentials("https://*.example.com:*"))
	for name, r := range map[string]*http.Request{
		"denied preflight":            preflight("https://evil.test", "PUT"),
		"denied method":               preflight(app, "DANCE"),
		"denied headers":              preflight(app, "GET", "x-a,x-b,x-c"),
		"two origins":                 {Method: "OPTIONS", Header: http.Header{"Origin": {app, app}, "Access-Control-Request-Method": {"PUT"}}},
		"denied origin, many labels":  preflight("https://a.b.c.d.e.f.g.h.example.net:8080", "PUT"),
		"granted by a pattern":        preflight("https://a.b.example.com:8080", "GET"),
		"hostile Access-Control list": preflight(app, "GET", string(make([]byte, 64<<10))),
	} {
		for _, m := range []*cors.Middleware{m, pattern} {
			mwtest.MaxAllocs(t, name, 0, func() { _, _ = m.Check(r) })
		}
	}
}
