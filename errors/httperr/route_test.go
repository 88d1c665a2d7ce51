package httperr_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// routerNoting returns a router that is not an http.ServeMux: it keeps its pattern in a
// copy of the request, and one of its middlewares calls NoteRoute.
func routerNoting(pattern string) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		httperr.NoteRoute(r.WithContext(context.WithValue(r.Context(), otherKey{}, pattern)).Context(), pattern)
	})
}

type otherKey struct{}

func TestNoteRoute(t *testing.T) {
	mount := func(prefix string, h http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(prefix, h)
		return httperr.WrapMux(mux)
	}
	for name, tc := range map[string]struct {
		h    http.Handler
		cfg  httperr.Config
		want string
	}{
		"noted":              {routerNoting("/v1/users/:id"), httperr.Config{}, "/v1/users/:id"},
		"with a method":      {routerNoting("GET /v1/users/{id}"), httperr.Config{}, "/v1/users/{id}"},
		"with a space":       {routerNoting("/v1/users/{id:[a-z ]+}"), httperr.Config{}, "/v1/users/{id:[a-z ]+}"},
		"nothing":            {routerNoting(""), httperr.Config{}, "unmatched"},
		"nothing, and Route": {routerNoting(""), httperr.Config{Route: func(*http.Request) string { return "/by/another" }}, "/by/another"},
		"before Route":       {routerNoting("/v1"), httperr.Config{Route: func(*http.Request) string { return "/by/another" }}, "/v1"},
		"twice": {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			routerNoting("/a").ServeHTTP(nil, r)
			routerNoting("/b").ServeHTTP(nil, r)
		}), httperr.Config{}, "/b"},
		"inside a mux":           {mount("/v1/", routerNoting("/v1/users/:id")), httperr.Config{}, "/v1/users/:id"},
		"inside a mux, stripped": {mount("/v1/", http.StripPrefix("/v1", routerNoting("/users/:id"))), httperr.Config{}, "/v1/users/:id"},
		"inside a mux, no route": {mount("/v1/", routerNoting("")), httperr.Config{}, "/v1/"},
	} {
		if got := recorded(t, tc.cfg, tc.h, httptest.NewRequest("GET", "/v1/users/7", nil)).Route; got != tc.want {
			t.Errorf("%s: route %q, want %q", name, got, tc.want)
		}
	}
	httperr.NoteRoute(t.Context(), "/outside/the/chain")
	w, r := mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
	m := newMiddleware(t, nil)
	bare, noted := m.Handler(&mwtest.Spy{}), m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httperr.NoteRoute(r.Context(), "/v1/users/:id")
	}))
	without := testing.AllocsPerRun(500, func() { w.Reset(); bare.ServeHTTP(w, r) })
	mwtest.MaxAllocs(t, "NoteRoute beyond the chain", without, func() { w.Reset(); noted.ServeHTTP(w, r) })
}

// The path of an unmatched request is in the record for the Sink, masked, and in no
// other place.
func TestPathOfAnUnmatchedRequest(t *testing.T) {
	long := strings.Repeat("/segment", 20)
	for target, want := range map[string]string{
		"/":                                 "/",
		"/wp-login.php?user=hunter2":        "/wp-login.php",
		"/.env":                             "/.env",
		"/v1/users/123/notes":               "/v1/users/*/notes",
		"/v12/a/":                           "/v12/a/",
		"/v123/a":                           "/*/a",
		"/reset/eyJhbGciOiJFUzI1NiJ9.e30.x": "/reset/*",
		"/share/abcdefghijklmnopqrstuvwxyz": "/share/*",
		"/mail/jane@corp.example":           "/mail/*",
		"/a%2Fb%0Ac/%e2%80%ae":              "/a/*/*",
		"//":                                "//",
		long:                                long[:120] + "/*",
		"/" + strings.Repeat("7", 4000):     "/*",
		"/abcdef" + long:                    ("/abcdef" + long)[:128], // cut behind a slash
	} {
		var logged, observed audit.Record
		m := build(t, quiet(httperr.Config{
			Sink:    audit.Func(func(_ context.Context, r audit.Record) error { logged = r; return nil }),
			Observe: func(r audit.Record) { observed = r },
		}))
		m.Handler(httperr.WrapMux(http.NewServeMux())).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
		if logged.Path != want || len(logged.Path) > 128 || logged.Route != "unmatched" || observed.Path != "" {
			t.Errorf("%.60s: path %q in the log and %q in Observe, want %q", target, logged.Path, observed.Path, want)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /users/{id}", &mwtest.Spy{})
	logger, records := mwtest.Log()
	h := newMiddleware(t, logger).Handler(mux)
	for _, target := range []string{"/users/7", "/nowhere"} {
		h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", target, nil))
	}
	if all := records(); all[0]["path"] != nil || all[0]["route"] != "/users/{id}" || all[1]["path"] != "/nowhere" || all[1]["route"] != "unmatched" {
		t.Errorf("records %v", all)
	}
}
