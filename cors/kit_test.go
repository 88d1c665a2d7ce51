package cors_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const app = "https://app.example.com"

var serviceConfig = cors.Config{
	Origins:        []string{app},
	Methods:        []string{"put", "DELETE", "PATCH"},
	RequestHeaders: []string{"Content-Type", "X-Request-ID", "AUTHORIZATION"},
	ExposeHeaders:  []string{"X-Total"},
	MaxAge:         10 * time.Minute,
}

// fullConfig makes the middleware write every response field of CORS.
var fullConfig = cors.Config{Origins: []string{app}, Credentials: true, Methods: []string{"PUT"},
	RequestHeaders: []string{"X-A", "X-B"}, ExposeHeaders: []string{"X-C"}, MaxAge: time.Hour}

// configWith returns a Config for one allowed origin, changed by change.
func configWith(change func(*cors.Config)) cors.Config {
	cfg := cors.Config{Origins: []string{app}}
	change(&cfg)
	return cfg
}

func withOrigins(origins ...string) cors.Config { return cors.Config{Origins: origins} }

func withCredentials(origins ...string) cors.Config {
	return cors.Config{Origins: origins, Credentials: true}
}

func mustNew(t testing.TB, cfg cors.Config) *cors.Middleware {
	t.Helper()
	return mwtest.Must[*cors.Middleware](t)(cors.New(cfg))
}

// actual returns a GET from origin.
func actual(origin string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://api.example.com/notes", nil)
	r.Header["Origin"] = []string{origin}
	return r
}

// preflight returns a preflight from origin for a method and, if there are
// any, for lines of header names.
func preflight(origin, method string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodOptions, "https://api.example.com/notes", nil)
	r.Header["Origin"] = []string{origin}
	r.Header["Access-Control-Request-Method"] = []string{method}
	if len(headers) > 0 {
		r.Header["Access-Control-Request-Headers"] = headers
	}
	return r
}

func granted(t testing.TB, m *cors.Middleware, origin string) bool {
	t.Helper()
	d, err := m.Check(actual(origin))
	if err != nil {
		t.Fatalf("actual request from %q refused: %v", origin, err)
	}
	return d.Granted
}

// serve returns the response to r. A nil next is a handler that answers 200.
func serve(m *cors.Middleware, r *http.Request, next http.Handler) *http.Response {
	if next == nil {
		next = &mwtest.Spy{}
	}
	return mwtest.Do(m.Handler(next), r)
}

// wantDenied fails t unless m refuses the preflight r with code.
func wantDenied(t *testing.T, m *cors.Middleware, r *http.Request, code string) {
	t.Helper()
	var e *httperr.Error
	if _, err := m.Check(r); !errors.As(err, &e) || e.Code != code {
		t.Errorf("%v, want %s", err, code)
	}
	wantEmptyDenial(t, serve(m, r, nil))
}

// wantEmptyDenial fails t unless res is the response to a refused preflight: 403 without a
// body, which no script could read.
func wantEmptyDenial(t *testing.T, res *http.Response) {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusForbidden || err != nil || len(body) > 0 {
		t.Errorf("status %d, body %q, %v", res.StatusCode, body, err)
	}
}

// wantFields fails t unless the Access-Control fields of h are exactly want:
// pairs of a name without its prefix, and a value.
func wantFields(t *testing.T, h http.Header, want ...string) {
	t.Helper()
	expected := map[string]string{}
	for i := 0; i < len(want); i += 2 {
		expected["Access-Control-"+want[i]] = want[i+1]
	}
	for name, values := range h {
		if !strings.HasPrefix(name, "Access-Control-") {
			continue
		}
		if len(values) != 1 || expected[name] == "" || values[0] != expected[name] {
			t.Errorf("%s: %q, want %q", name, values, expected[name])
		}
		delete(expected, name)
	}
	for name := range expected {
		t.Errorf("no %s", name)
	}
}
