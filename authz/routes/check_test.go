package routes_test

import (
	"errors"
	"expvar"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// faultsOf returns the faults of Build as "Field: Reason", without the pattern.
func faultsOf(t *testing.T, cfg routes.Config, all ...routes.Route) (faults []string) {
	t.Helper()
	m := newMux(t, cfg, all...)
	h, err := m.Build()
	if err == nil {
		return nil
	}
	if h == nil {
		t.Error("a nil handler: http.Server would serve http.DefaultServeMux")
	}
	if rows := m.Routes(); len(rows) > 0 {
		t.Errorf("routes that nothing serves: %v", rows)
	}
	joined, _ := err.(interface{ Unwrap() []error })
	for _, err := range joined.Unwrap() {
		e, ok := errors.AsType[*httperr.ConfigError](err)
		if !ok || e.Package != "routes" || e.Fix == "" || e.Reason == "" {
			t.Errorf("a fault without a package, a reason or a fix: %v", err)
			continue
		}
		_, field, found := strings.Cut(e.Field, "].")
		if !found {
			field = e.Field
		}
		faults = append(faults, field+": "+e.Reason)
	}
	return faults
}

// wantFaults fails t unless the faults of the route are as given, each by the beginning of its
// text.
func wantFaults(t *testing.T, name string, r routes.Route, want ...string) {
	t.Helper()
	if r.Handler == nil {
		r.Handler = done
	}
	compareFaults(t, name, faultsOf(t, routes.Config{Authenticate: asAnn}, r), want)
}

func compareFaults(t *testing.T, name string, got, want []string) {
	t.Helper()
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("%s:\n got %q\nwant %q", name, got, want)
	}
}

var (
	read  = authz.Scopes("read")
	note  = guard{layer("object"), object.Description{Name: "note", Wildcard: "id"}}
	item  = guard{layer("object"), object.Description{Name: "item", Wildcard: "id", Under: "list", UnderWildcards: []string{"list"}}}
	keyed = guard{layer("object"), object.Description{Name: "profile"}}
)

func TestPatternFaults(t *testing.T) {
	for _, tc := range []struct {
		pattern, subtree string
		want             []string
	}{
		{"GET /a", "", nil},
		{"GET api.example/a", "", nil},
		{"GET /a/{$}", "", nil},
		{"GET /{$}", "", nil},
		{"/a", "", []string{"Pattern: has no method"}},
		{"", "", []string{"Pattern: has no method", "Pattern: is no pattern of http.ServeMux: http: invalid pattern"}},
		{"GET", "", []string{"Pattern: has no method", "Pattern: is no pattern of http.ServeMux: at offset 0: host/path missing /"}},
		{"get /a", "", []string{"Pattern: has a method in lower case"}},
		{"GET /a//b", "", []string{"Pattern: is no pattern of http.ServeMux: at offset 4: non-CONNECT pattern with unclean path"}},
		{"GET /a{id}", "", []string{"Pattern: is no pattern of http.ServeMux: at offset 5: bad wildcard segment"}},
		{"GET /a/", "", []string{"Subtree: is missing"}},
		{"GET /", "", []string{"Subtree: is missing"}},
		{"GET /a/", "files of the program", nil},
		{"GET /a/{rest...}", "", []string{"Subtree: is missing"}},
		{"GET /a/{rest...}", "files of the program", nil},
		{"GET /a", "files", []string{"Subtree: is a reason for a pattern that serves no subtree"}},
		{"GET /a/{$}", "files", []string{"Subtree: is a reason"}},
	} {
		wantFaults(t, tc.pattern, routes.Route{Pattern: tc.pattern, Require: read, Subtree: tc.subtree, NoObject: "static"}, tc.want...)
	}
}

func TestPolicyFaults(t *testing.T) {
	wantFaults(t, "none", routes.Route{Pattern: "GET /a", NoObject: "static"}, "Require: is missing, and the route has no other policy")
	wantFaults(t, "one", routes.Route{Pattern: "GET /a", NoObject: "static", AnyCaller: "the clock is for all"})
	wantFaults(t, "two", routes.Route{Pattern: "GET /a", NoObject: "static", Require: read, Public: "health"}, "Public: is set together with Require")
	wantFaults(t, "two reasons", routes.Route{Pattern: "GET /a", NoObject: "static", AnyCaller: "clock", Public: "health"}, "AnyCaller: is set together with Public")
	wantFaults(t, "three", routes.Route{Pattern: "GET /a", NoObject: "static", Require: read, AnyCaller: "clock", Public: "health"}, "Public: is set together with Require")
	wantFaults(t, "empty list", routes.Route{Pattern: "GET /a", NoObject: "static", Require: authz.Scopes()}, "Require.Scopes: is empty")
	wantFaults(t, "two faults of one requirement", routes.Route{Pattern: "GET /a", NoObject: "static", Require: authz.All(authz.Scopes("a b"), authz.AnyRole())},
		"Require.All[0].Scopes[0]: is not one scope", "Require.All[1].AnyRole: is empty")
	for name, r := range map[string]routes.Route{
		"Public":    {Pattern: "GET /a", Public: " "},
		"AnyCaller": {Pattern: "GET /a", AnyCaller: "\t", NoObject: "static"},
		"NoObject":  {Pattern: "GET /a", Require: read, NoObject: "a\nb"},
		"Subtree":   {Pattern: "GET /a/", Require: read, NoObject: "static", Subtree: "  "},
	} {
		wantFaults(t, name, r, name+": is no reason")
	}
	got := faultsOf(t, routes.Config{Versions: []string{"/v1", "/v2"}, Authenticate: asAnn},
		routes.Route{Pattern: "GET /v1/a", Handler: done, Require: read, NoObject: "static"},
		routes.Route{Pattern: "GET /v2/a", Handler: done, AnyCaller: "clock", NoObject: "static", Weaker: " "})
	compareFaults(t, "Weaker", got, []string{"Weaker: is no reason"})
}

func TestHandlerFaults(t *testing.T) {
	var nilFunc http.HandlerFunc
	debug := http.NewServeMux()
	for name, tc := range map[string]struct {
		handler http.Handler
		want    []string
	}{
		"a nil function":           {nilFunc, []string{"Handler: is missing"}},
		"a nil pointer":            {(*http.ServeMux)(nil), []string{"Handler: is missing"}},
		"DefaultServeMux":          {http.DefaultServeMux, []string{"Handler: is http.DefaultServeMux"}},
		"another ServeMux":         {debug, nil},
		"pprof":                    {http.HandlerFunc(pprof.Index), []string{"Public: would show the memory"}},
		"a profile":                {pprof.Handler("heap"), []string{"Public: would show the memory"}},
		"expvar":                   {expvar.Handler(), []string{"Public: would show the memory"}},
		"pprof of DefaultServeMux": {registered(t, "/debug/pprof/"), []string{"Public: would show the memory"}},
		"expvar of it":             {registered(t, "/debug/vars"), []string{"Public: would show the memory"}},
	} {
		wantFaults(t, name, routes.Route{Pattern: "GET /debug", Handler: tc.handler, Public: "for us"}, tc.want...)
	}
	wantFaults(t, "pprof for operators", routes.Route{
		Pattern: "GET /debug/pprof/", Handler: http.HandlerFunc(pprof.Index), Require: authz.AnyRole("operator"),
		Subtree: "the index serves each profile", NoObject: "of the process",
	})
	got := faultsOf(t, routes.Config{}, routes.Route{Pattern: "GET /a", Public: "health"})
	compareFaults(t, "no handler", got, []string{"Handler: is missing"})
}

// registered returns the handler that an imported package has put into http.DefaultServeMux.
func registered(t *testing.T, path string) http.Handler {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, pattern := http.DefaultServeMux.Handler(r)
	if pattern == "" {
		t.Fatalf("nothing is registered for %s", path)
	}
	return h
}

func TestLayerFaults(t *testing.T) {
	var limiter *ratelimit.Limiter
	var none *lifecycle.Middleware
	var object *guard
	wantFaults(t, "limits", routes.Route{Pattern: "GET /a", Require: read, NoObject: "static", Limits: []routes.Limit{layer("l"), limiter, nil}},
		"Limits[1]: is nil", "Limits[2]: is nil")
	wantFaults(t, "lifecycle", routes.Route{Pattern: "GET /a", Require: read, NoObject: "static", Lifecycle: none}, "Lifecycle: is a nil pointer")
	wantFaults(t, "object", routes.Route{Pattern: "GET /a/{id}", Require: read, Object: object}, "Object: is a nil pointer")
	wantFaults(t, "a layer without a handler", routes.Route{Pattern: "GET /a", Require: read, NoObject: "static", Limits: []routes.Limit{closed{}}},
		"Limits[0]: returns a nil handler")
	got := faultsOf(t, routes.Config{Authenticate: func(http.Handler) http.Handler { return nil }}, routes.Route{Pattern: "GET /a", Handler: done, Require: read, NoObject: "static"})
	compareFaults(t, "authentication without a handler", got, []string{"Authenticate: returns a nil handler"})
}

// closed is a layer with a mistake.
type closed struct{ layer }

func (closed) Handler(http.Handler) http.Handler { return nil }

func TestAuthenticateIsMissing(t *testing.T) {
	public := routes.Route{Pattern: "GET /healthz", Handler: done, Public: "for the load balancer"}
	for _, r := range []routes.Route{
		{Pattern: "GET /a", Handler: done, Require: read, NoObject: "static"},
		{Pattern: "GET /a", Handler: done, AnyCaller: "clock", NoObject: "static"},
	} {
		compareFaults(t, "without", faultsOf(t, routes.Config{}, public, r, r), []string{
			`Config.Authenticate: is missing, and "GET /a" needs a caller`, `Pattern: conflicts with "GET /a"`})
		compareFaults(t, "with", faultsOf(t, routes.Config{Authenticate: asAnn}, public, r), nil)
	}
	compareFaults(t, "public", faultsOf(t, routes.Config{}, public), nil)
}

// Each fault of each route is in one error, and each says what to do.
func TestAllFaultsAtOnce(t *testing.T) {
	m := newMux(t, routes.Config{Versions: []string{"/v1"}},
		routes.Route{Pattern: "GET /v2/notes/{id}", Require: authz.Scopes()},
		routes.Route{Pattern: "/files/", Handler: http.DefaultServeMux, Public: " "},
		routes.Route{Pattern: "GET /v2/notes/{name}", Handler: done, Require: read, Object: note},
	)
	_, err := m.Build()
	var got []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		field, _, _ := strings.Cut(strings.TrimPrefix(line, "routes: "), ": ")
		got = append(got, field)
	}
	want := []string{
		`Route["GET /v2/notes/{id}"].Handler`, `Route["GET /v2/notes/{id}"].Object`, `Route["GET /v2/notes/{id}"].Require.Scopes`,
		`Route["/files/"].Pattern`, `Route["/files/"].Subtree`, `Route["/files/"].Handler`, `Route["/files/"].Public`,
		`Route["GET /v2/notes/{name}"].Object`, `Config.Authenticate`, `Route["GET /v2/notes/{name}"].Pattern`, `Config.Versions[0]`,
	}
	compareFaults(t, "fields", got, want)
	const first = `routes: Route["GET /v2/notes/{id}"].Object: is missing: each caller could name the object of another in {id}; ` +
		`set Object to the guard of the object, or NoObject to the reason why the wildcard names no object`
	if !strings.Contains(err.Error(), first+"\n") {
		t.Errorf("got\n%v", err)
	}
}
