package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// policies returns the policies of each route of a chi router, by method and pattern, the
// outermost first. A route without a policy has an empty list.
//
// The handlers of authz.Middleware and object.Guard have a method Requirement. chi knows only
// functions that make handlers, so policies applies each function to a handler that does
// nothing, and looks at the result.
func policies(routes chi.Routes) (map[string][]string, error) {
	found := map[string][]string{}
	err := chi.Walk(routes, func(method, pattern string, endpoint http.Handler, middlewares ...func(http.Handler) http.Handler) error {
		rules := []string{}
		add := func(h http.Handler) {
			if h, ok := h.(interface{ Requirement() string }); ok {
				rules = append(rules, h.Requirement())
			}
		}
		probe := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		for _, m := range middlewares {
			add(m(probe))
		}
		add(endpoint)
		found[method+" "+pattern] = rules
		return nil
	})
	return found, err
}

// public are the routes that need no policy. A new public route is a change of this list.
var public = []string{}

// unprotected returns the routes that have no policy and are not public, and the public ones
// that do have a policy or do not exist.
func unprotected(t *testing.T, routes chi.Routes, public []string) (faults []string) {
	t.Helper()
	found, err := policies(routes)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range slices.Sorted(maps.Keys(found)) {
		switch open := slices.Contains(public, route); {
		case len(found[route]) == 0 && !open:
			faults = append(faults, route+" has no policy")
		case len(found[route]) > 0 && open:
			faults = append(faults, route+" is not public: "+strings.Join(found[route], ", "))
		}
	}
	for _, route := range public {
		if _, ok := found[route]; !ok {
			faults = append(faults, route+" does not exist")
		}
	}
	return faults
}

// Each route of the service has a policy, or is in the list.
func TestEachRouteHasAPolicy(t *testing.T) {
	routes := service(authntest.NewIssuer(t, "https://issuer.example", "https://notes.example").Trusted())
	for _, fault := range unprotected(t, routes, public) {
		t.Error(fault)
	}
}

// The walk sees a policy in each place where chi lets a program put it, and each route without
// one.
func TestUnprotectedRoutesAreFound(t *testing.T) {
	read := mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.Scopes("read")}))
	admin := mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.AnyRole("admin")}))
	notes := mwtest.Must[*object.Guard[*Note, string]](t)(object.New(object.Config[*Note, string]{
		Name: "note", Load: func(context.Context, string) (*Note, bool, error) { return nil, false, nil },
		Owner: func(*Note) object.Owner { return object.Owner{Issuer: "i", Subject: "ann"} }, SingleTenant: true,
	}))
	logged := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	done := func(http.ResponseWriter, *http.Request) {}

	r := chi.NewRouter()
	r.Use(logged)
	r.Get("/forgotten", done)
	r.Get("/healthz", done)
	r.With(read.Handler, notes.Handler).Get("/notes/{id}", done)
	r.Group(func(r chi.Router) {
		r.Use(read.Handler)
		r.Get("/in/a/group", done)
	})
	r.Route("/admin", func(r chi.Router) {
		r.Use(admin.Handler)
		r.With(read.Handler).Delete("/users", done)
	})
	r.Mount("/mounted", func() http.Handler {
		sub := chi.NewRouter()
		sub.Get("/forgotten", done)
		sub.Method("GET", "/wrapped", read.Handler(http.HandlerFunc(done)))
		return sub
	}())
	found, err := policies(r)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"GET /forgotten":         {},
		"GET /healthz":           {},
		"GET /notes/{id}":        {"scopes(read)", "note {id}: owner"},
		"GET /in/a/group":        {"scopes(read)"},
		"DELETE /admin/users":    {"any_role(admin)", "scopes(read)"},
		"GET /mounted/forgotten": {},
		"GET /mounted/wrapped":   {"scopes(read)"},
	}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", found, want)
	}
	faults := unprotected(t, r, []string{"GET /healthz", "GET /in/a/group", "GET /nowhere"})
	wantFaults := []string{
		"GET /forgotten has no policy", "GET /in/a/group is not public: scopes(read)", "GET /mounted/forgotten has no policy", "GET /nowhere does not exist",
	}
	if !slices.Equal(faults, wantFaults) {
		t.Errorf("faults %q", faults)
	}
}
