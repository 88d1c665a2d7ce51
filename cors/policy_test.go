package cors_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// at returns r for another path.
func at(path string, r *http.Request) *http.Request {
	r.URL.Path = path
	return r
}

func TestRoutes(t *testing.T) {
	const evil = "https://evil.test"
	m := mustNew(t, cors.Config{Origins: []string{app}, Credentials: true, Routes: map[string]cors.Config{
		"/public/":            {AllowAnyOrigin: true, Methods: []string{"PUT"}},
		"/files/{id}/preview": {Origins: []string{"https://cdn.example"}},
	}})
	for _, tc := range []struct {
		name   string
		r      *http.Request
		status int
		want   []string
	}{
		{"the rest", at("/notes", actual(app)), 200, []string{"Allow-Origin", app, "Allow-Credentials", "true"}},
		{"the rest, foreign", at("/notes", actual(evil)), 200, nil},
		{"a wider route", at("/public/a", actual(evil)), 200, []string{"Allow-Origin", "*"}},
		{"a preflight of the wider route", at("/public/a", preflight(evil, "PUT")), 204, []string{"Allow-Origin", "*", "Allow-Methods", "PUT"}},
		{"the same preflight elsewhere", at("/notes", preflight(evil, "PUT")), 403, nil},
		{"a narrower route", at("/files/7/preview", actual(app)), 200, nil},
		{"a narrower route, its origin", at("/files/7/preview", actual("https://cdn.example")), 200, []string{"Allow-Origin", "https://cdn.example"}},
		{"a path that the router would clean", at("/notes/../public/a", actual(evil)), 200, nil},
	} {
		res := serve(m, tc.r, nil)
		if res.StatusCode != tc.status {
			t.Errorf("%s: status %d", tc.name, res.StatusCode)
		}
		wantFields(t, res.Header, tc.want...)
	}
}

// No spelling of a path has a wider policy than the path that a router may read in it.
func TestRoutesWithPathsOfTwoReadings(t *testing.T) {
	const evil = "https://evil.test"
	m := mustNew(t, cors.Config{AllowAnyOrigin: true, Routes: map[string]cors.Config{
		"/private/":       {Origins: []string{app}},
		"/wide/":          {AllowAnyOrigin: true},
		"/wide/private/":  {Origins: []string{app}},
		"host.test/only/": {Origins: []string{app}},
	}})
	for _, target := range []string{
		"/private/x", "//private/x", "/./private/x", "/wide/../private/x", "/private%2Fx", "/%2e/private/x", "/%70rivate/x",
		"/wide/private/x", "/wide//private/x", "/wide/private%2fx", "/wide%2fprivate/x", "/private/..%2fprivate/",
		"http://host.test/only/x", "http://host.test//only/x", "http://host.test/only%2Fx",
	} {
		for _, r := range []*http.Request{actual(evil), preflight(evil, "GET")} {
			to := httptest.NewRequest(r.Method, "http://host.test/", nil)
			if u, err := to.URL.Parse(target); err != nil || strings.HasPrefix(target, "//") {
				to.URL.Path = target
			} else {
				to.URL = u
			}
			to.Header = r.Header
			if res := serve(m, to, nil); len(res.Header["Access-Control-Allow-Origin"]) > 0 {
				t.Errorf("%s %s: %q is granted", r.Method, target, res.Header["Access-Control-Allow-Origin"])
			}
		}
	}
	for _, path := range []string{"/", "/x%2Fy", "//x", "/wide/a%2Fb", "/private"} {
		r := httptest.NewRequest("GET", "http://host.test"+path, nil)
		r.Header.Set("Origin", evil)
		if d, _ := m.Check(r); !d.Granted {
			t.Errorf("%s: refused, though each reading has the same policy", path)
		}
	}
}

func TestUpdate(t *testing.T) {
	m := mustNew(t, withOrigins(app))
	h := m.Handler(&mwtest.Spy{})
	if err := m.Update(withOrigins("null")); err == nil || !granted(t, m, app) {
		t.Errorf("a faulty Config: %v, and the old one is gone", err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 200 {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, actual(app))
				if got := w.Header().Get("Access-Control-Allow-Origin"); got != app && got != "" {
					t.Errorf("%q", got)
				}
			}
		})
	}
	for range 50 {
		for _, o := range []string{"https://next.example", app} {
			if err := m.Update(withOrigins(o)); err != nil {
				t.Error(err)
			}
		}
	}
	wg.Wait()
	if err := m.Update(withOrigins("https://next.example")); err != nil || granted(t, m, app) || !granted(t, m, "https://next.example") {
		t.Errorf("Update: %v, without effect", err)
	}
}

// A script can read the correlation ID under the name that the service gave it.
func TestExposeOwn(t *testing.T) {
	const own = "Retry-After, RateLimit, RateLimit-Policy, Www-Authenticate, Deprecation, Sunset, Link, X-Api-Key-Expires"
	cfg := configWith(func(c *cors.Config) { c.ExposeOwn, c.ExposeHeaders = true, []string{"ETag"} })
	m := mustNew(t, cfg)
	if got := serve(m, actual(app), nil).Header.Get("Access-Control-Expose-Headers"); got != "Etag, "+own {
		t.Errorf("alone: %q", got)
	}
	for _, name := range []string{"X-Correlation-Id", "X-Request-Id", "X-Correlation-Id"} {
		outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{CorrelationHeader: name, Sink: discard{}}))
		res := mwtest.Do(outer.Handler(m.Handler(&mwtest.Spy{})), actual(app))
		if got := res.Header.Get("Access-Control-Expose-Headers"); got != "Etag, "+name+", "+own {
			t.Errorf("%s: %q", name, got)
		}
	}
}
