package cors_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var everything = cors.Config{Origins: []string{app}, Credentials: true, Methods: []string{"PUT"},
	RequestHeaders: []string{"X-A", "X-B"}, ExposeHeaders: []string{"X-C"}, MaxAge: time.Hour}

// recorded puts a record in front, so that the values come out of its array.
func recorded(m *cors.Middleware) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		h := m.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, r = carrier.Ensure(r)
			h.ServeHTTP(w, r)
		})
	}
}

func TestUnshared(t *testing.T) {
	any := must(t, cors.Config{AllowAnyOrigin: true, ExposeHeaders: []string{"*"}})
	m := must(t, everything)
	for _, wrap := range []func(http.Handler) http.Handler{m.Handler, recorded(m), any.Handler} {
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

// One policy of the process must not reach another either, nor the request.
func TestUnsharedBetweenPolicies(t *testing.T) {
	victim := must(t, everything)
	before := serve(victim, preflight(app, "PUT", "x-a"), nil).Header
	for _, r := range []*http.Request{actual(app), preflight(app, "PUT", "x-a")} {
		other := must(t, everything)
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

// changer is a writer that changes the headers while they are being sent, as
// compressing writers do.
type changer struct{ http.ResponseWriter }

func (c changer) WriteHeader(status int) {
	for _, v := range c.Header() {
		for i := range v {
			v[i] = "poison"
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

func TestOwnedWhenSent(t *testing.T) {
	m := must(t, everything)
	for range 2 {
		m.Handler(&mwtest.Spy{}).ServeHTTP(changer{httptest.NewRecorder()}, preflight(app, "PUT", "x-a"))
	}
	has(t, serve(m, preflight(app, "PUT", "x-a"), nil).Header, "Allow-Origin", app, "Allow-Methods", "PUT",
		"Allow-Headers", "x-a", "Allow-Credentials", "true", "Max-Age", "3600")
}

// The lines of Vary that an outer layer has set may have room behind them that
// is not ours to write to.
func TestVaryIsNotAppendedInPlace(t *testing.T) {
	shared := make([]string, 1, 4)
	shared[0] = "Accept-Encoding"
	for _, r := range []*http.Request{actual(app), actual("https://evil.test"), preflight(app, "PUT")} {
		w := httptest.NewRecorder()
		w.Header()["Vary"] = shared
		must(t, everything).Handler(&mwtest.Spy{}).ServeHTTP(w, r)
		if got := shared[:2][1]; got != "" {
			t.Errorf("%q written into a shared array", got)
		}
	}
}

func TestConcurrent(t *testing.T) {
	h := must(t, everything).Handler(mwtest.HostileInner())
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
	m := must(t, everything)
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
	// With a record (the record itself and the request that carries it: two)
	// what is left is rs/cors boxing an argument for a log that is off.
	r := actual(app)
	mwtest.MaxAllocs(t, "actual, with a record", 3, func() {
		w.Reset()
		_, r := carrier.Ensure(r)
		h.ServeHTTP(w, r)
	})
	if w.Header().Get("Access-Control-Allow-Origin") != app {
		t.Error("the measured request is not granted")
	}
	pattern := must(t, secret("https://*.example.com:*"))
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
