package routes_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/concurrency"
)

// endpoint is the interface with which validate/openapi reads a row.
type endpoint interface {
	Endpoint() (method, path string)
	Security() (scopes []string, required bool)
	Innermost() http.Handler
	Refusals() []int
	IsDeprecated() bool
}

var _ endpoint = routes.Row{}

func TestRow(t *testing.T) {
	limit := mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{
		Name: "data", Limits: []ratelimit.Limit{ratelimit.PerMinute(60)}, Key: ratelimit.ByClientIP}))
	running := mwtest.Must[*concurrency.Limiter](t)(concurrency.New(concurrency.Config{Max: 4, Key: ratelimit.ByClientIP}))
	sunset := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	old := mwtest.Must[*lifecycle.Middleware](t)(lifecycle.New(lifecycle.Config{Sunset: sunset}))
	m := newMux(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/v2"}},
		routes.Route{Pattern: "GET a.example/v1/notes/{id}", Handler: done, Require: authz.All(read, authz.AnyScope("x", "y")), Object: note,
			Limits: []routes.Limit{limit, running}, Lifecycle: old, Owner: "notes team", Sensitivity: "personal"},
		routes.Route{Pattern: "POST /v2/notes", Handler: done, AnyCaller: "each user may write notes", Creates: true},
		routes.Route{Pattern: "GET /v2/notes", Handler: done, Require: read, Lists: true},
		routes.Route{Pattern: "GET /files/{rest...}", Handler: done, Public: "the pages", NoObject: "they are files", Subtree: "of one folder"},
		routes.Route{Pattern: "GET /{$}", Handler: done, Public: "the start"})
	build(t, m)
	rows := m.Routes()
	for i, want := range []struct {
		method, path string
		policy       string
		refusals     []int
		scopes       []string
		required     bool
		deprecated   bool
		limits       []string
	}{
		{"GET", "/v1/notes/{id}", "all(scopes(read), any_scope(x y)); note {id}: owner", []int{401, 403, 404, 429}, []string{"read"}, true, true,
			[]string{"data: 60 per minute", "concurrency: 4 at a time"}},
		{"POST", "/v2/notes", "any caller: each user may write notes; creates for the caller", []int{401}, nil, true, false, nil},
		{"GET", "/v2/notes", "scopes(read); lists the objects of the caller", []int{401, 403}, []string{"read"}, true, false, nil},
		{"GET", "/files/{rest...}", "public: the pages; no object: they are files", nil, nil, false, false, nil},
		{"GET", "/{$}", "public: the start", nil, nil, false, false, nil},
	} {
		r := rows[i]
		method, path := r.Endpoint()
		scopes, required := r.Security()
		if method != want.method || path != want.path || r.Policy != want.policy || !slices.Equal(r.Refusals(), want.refusals) ||
			!slices.Equal(scopes, want.scopes) || required != want.required || r.IsDeprecated() != want.deprecated || !slices.Equal(r.Limits, want.limits) {
			t.Errorf("got %+v\nwant %+v", r, want)
		}
		if r.Innermost() == nil {
			t.Errorf("%s has no handler", r.Pattern)
		}
	}
	r := rows[0]
	if r.Host != "a.example" || r.Owner != "notes team" || r.Sensitivity != "personal" || !r.Sunset.Equal(sunset) || !r.HasObject || !slices.Equal(r.Wildcards, []string{"id"}) {
		t.Errorf("%+v", r)
	}
	if rows[3].Subtree == "" || rows[3].NoObject == "" || rows[3].Public == "" || !slices.Equal(rows[3].Wildcards, []string{"rest"}) {
		t.Errorf("%+v", rows[3])
	}
	r.Limits[0], r.Wildcards[0] = "x", "x"
	if again := m.Routes()[0]; again.Limits[0] == "x" || again.Wildcards[0] == "x" {
		t.Error("Routes shares its lists with an earlier call")
	}
}

func TestIsDeprecated(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		row  routes.Row
		want bool
	}{
		{routes.Row{}, false},
		{routes.Row{Deprecated: now.Add(-time.Hour)}, true},
		{routes.Row{Deprecated: now.Add(time.Hour)}, false},
		{routes.Row{Deprecated: now.Add(time.Hour), Sunset: now.Add(2 * time.Hour)}, true},
		{routes.Row{Sunset: now.Add(time.Hour)}, true},
	} {
		if got := tc.row.IsDeprecated(); got != tc.want {
			t.Errorf("%+v: %v", tc.row, got)
		}
	}
}
