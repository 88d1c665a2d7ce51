package routes_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// ending is a Lifecycle.
type ending struct{ layer }

func (ending) Dates() (deprecated, sunset time.Time) {
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
}

func TestLayersRunInOrder(t *testing.T) {
	limits := []routes.Limit{layer("first"), layer("second")}
	h := build(t, newMux(t, routes.Config{Authenticate: asAnn},
		routes.Route{Pattern: "GET /notes/{id}", Handler: done, Require: read, Limits: limits, Object: note, Lifecycle: ending{"lifecycle"}},
		routes.Route{Pattern: "GET /clock", Handler: done, AnyCaller: "it is one for all", NoObject: "none", Limits: limits},
		routes.Route{Pattern: "GET /public", Handler: done, Public: "health", Limits: limits, Lifecycle: ending{"lifecycle"}}))
	for _, tc := range []struct {
		path, scope string // no scope: anonymous
		status      int
		layers      []string
	}{
		{"/notes/7", "read", 200, []string{"lifecycle", "authenticate", "first", "second", "object", "handler"}},
		{"/notes/7", "write", 403, []string{"lifecycle", "authenticate", "first", "second"}},
		{"/notes/7", "", 401, []string{"lifecycle", "authenticate", "first", "second"}},
		{"/clock", "write", 200, []string{"authenticate", "first", "second", "handler"}},
		{"/clock", "", 401, []string{"authenticate", "first", "second"}}, // asAnn is an optional authentication
		{"/public", "read", 200, []string{"lifecycle", "first", "second", "handler"}},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := httptest.NewRequest(method, tc.path, nil)
			if tc.scope != "" {
				r.Header.Set("Scopes", tc.scope)
			}
			if res := mwtest.Do(h, r); res.StatusCode != tc.status || !slices.Equal(res.Header["Layers"], tc.layers) {
				t.Errorf("%s %s with %q: %d %v", method, tc.path, tc.scope, res.StatusCode, res.Header["Layers"])
			}
		}
	}
}

// A public route has no authentication, also not one that would refuse a bad credential.
func TestPublicIsPublic(t *testing.T) {
	never := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, authn.ErrInvalid) })
	}
	h := build(t, newMux(t, routes.Config{Authenticate: never}, open("GET /public")...))
	if res := mwtest.Do(h, httptest.NewRequest("GET", "/public", nil)); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestDenyAndObserve(t *testing.T) {
	var seen []string
	h := build(t, newMux(t, routes.Config{
		Authenticate: asAnn,
		Deny:         func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusTeapot) },
		Observe:      func(_ *http.Request, d authz.Decision) { seen = append(seen, d.Rule) },
	}, routes.Route{Pattern: "GET /notes", Handler: done, Require: read, Lists: true},
		routes.Route{Pattern: "GET /clock", Handler: done, AnyCaller: "it is one for all", NoObject: "none"}))
	for _, path := range []string{"/notes", "/clock"} {
		if res := mwtest.Do(h, httptest.NewRequest("GET", path, nil)); res.StatusCode != http.StatusTeapot {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if !slices.Equal(seen, []string{"scopes(read)", "decide(any_caller)"}) {
		t.Errorf("observed %q", seen)
	}
}

func TestNothingIsServedWithFaults(t *testing.T) {
	m := newMux(t, routes.Config{}, open("GET /public")...)
	if len(m.Routes()) > 0 {
		t.Error("rows before Build")
	}
	m.Handle(routes.Route{Pattern: "GET /notes"})
	h, err := m.Build()
	if _, ok := errors.AsType[*httperr.ConfigError](err); !ok || h == nil {
		t.Fatalf("%v, %v", h, err)
	}
	for _, path := range []string{"/public", "/notes", "/debug/pprof/"} {
		mwtest.Refused(t, mwtest.Do(h, httptest.NewRequest("GET", path, nil)), 500, "internal_error")
	}
}

func TestHandleAfterBuild(t *testing.T) {
	m := newMux(t, routes.Config{}, open("GET /public")...)
	build(t, m)
	defer func() {
		if recover() == nil {
			t.Error("a route that nothing serves is accepted")
		}
	}()
	m.Handle(open("GET /late")[0])
}

// The record has the pattern of the route, and the rule that refused.
func TestRecord(t *testing.T) {
	var got []audit.Record
	logger := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Observe: func(r audit.Record) { got = append(got, r) }, Logger: slog.New(slog.DiscardHandler)}))
	h := logger.Handler(build(t, newMux(t, routes.Config{Authenticate: asAnn},
		routes.Route{Pattern: "GET /notes/{id}", Handler: done, Require: read, Object: note})))
	mwtest.Do(h, httptest.NewRequest("GET", "/notes/7", nil))
	mwtest.Do(h, httptest.NewRequest("GET", "/nowhere", nil))
	if len(got) != 2 || got[0].Route != "/notes/{id}" || got[0].Rule != "scopes(read)" || got[1].Route != "unmatched" {
		t.Errorf("records %+v", got)
	}
}
