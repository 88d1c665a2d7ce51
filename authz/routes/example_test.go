package routes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Note is a row of the table of notes.
type Note struct{ Text, Owner string }

// loadNote is the store of the examples.
func loadNote(_ context.Context, id string) (*Note, bool, error) {
	return &Note{"milk", "ann"}, id == "7", nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newNotes() *object.Guard[*Note, string] {
	return must(object.New(object.Config[*Note, string]{
		Name:         "note",
		Load:         loadNote,
		Owner:        func(n *Note) object.Owner { return object.Owner{Subject: n.Owner} },
		Issuer:       "i",
		SingleTenant: true,
	}))
}

func Example() {
	notes := newNotes()
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	getNote := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note, _ := notes.From(r.Context())
		fmt.Fprint(w, note.Text)
	})

	// asAnn stands for the method Handler of an *authn.Middleware.
	mux := must(routes.New(routes.Config{Authenticate: asAnn}))
	mux.Handle(routes.Route{Pattern: "GET /healthz", Public: "for the load balancer", Handler: ok})
	mux.Handle(routes.Route{Pattern: "GET /notes", Require: authz.Scopes("notes:read"), Lists: true, Handler: ok})
	mux.Handle(routes.Route{Pattern: "POST /notes", Require: authz.Scopes("notes:write"), Creates: true, Handler: ok})
	mux.Handle(routes.Route{Pattern: "GET /notes/{id}", Require: authz.Scopes("notes:read"), Object: notes, Handler: getNote})
	handler, err := mux.Build()
	if err != nil {
		panic(err)
	}

	call := func(method, path, scope string) {
		r := httptest.NewRequest(method, path, nil)
		if scope != "" {
			r.Header.Set("Scopes", scope)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(method, path, w.Code)
	}
	call("GET", "/healthz", "")
	call("GET", "/notes/7", "")
	call("GET", "/notes/7", "notes:write")
	call("GET", "/notes/8", "notes:read")
	call("GET", "/notes/7", "notes:read")
	call("DELETE", "/notes/7", "notes:write")
	// Output:
	// GET /healthz 200
	// GET /notes/7 401
	// GET /notes/7 403
	// GET /notes/8 404
	// GET /notes/7 200
	// DELETE /notes/7 405
}

// Build names each fault of each route, with its fix. A route with a scope alone does not say
// whose note a caller may delete.
func ExampleMux_Build() {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	mux := must(routes.New(routes.Config{Authenticate: asAnn}))
	mux.Handle(routes.Route{Pattern: "GET /healthz", Handler: ok})
	mux.Handle(routes.Route{Pattern: "DELETE /notes/{id}", Require: authz.Scopes("notes:write"), Handler: ok})
	_, err := mux.Build()
	fmt.Println(err)
	// Output:
	// routes: Route["GET /healthz"].Require: is missing, and the route has no other policy; set Require, or set Public or AnyCaller to a reason
	// routes: Route["DELETE /notes/{id}"].Object: is missing: each caller could name the object of another in {id}; set Object to the guard of the object, or NoObject to the reason why the wildcard names no object
}

// The rows are the inventory of a service, with the answers of the router itself.
func ExampleMux_Routes() {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	data := must(ratelimit.New(ratelimit.Config{Name: "data", Limits: []ratelimit.Limit{ratelimit.PerMinute(60)}, Key: ratelimit.ByClientIP}))
	old := must(lifecycle.New(lifecycle.Config{Sunset: time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)}))

	mux := must(routes.New(routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/v2"}}))
	mux.Handle(routes.Route{Pattern: "GET /v1/notes/{id}", Require: authz.Scopes("notes:read"), Object: newNotes(), Handler: ok, Lifecycle: old,
		Weaker: "the first version has no limits", Owner: "notes"})
	mux.Handle(routes.Route{Pattern: "GET /v2/notes/{id}", Require: authz.Scopes("notes:read"), Object: newNotes(), Handler: ok,
		Limits: []routes.Limit{data}, Owner: "notes", Sensitivity: "personal"})
	mux.Handle(routes.Route{Pattern: "GET /me", AnyCaller: "each caller may see itself", NoObject: "the object is the caller", Handler: ok})
	if _, err := mux.Build(); err != nil {
		panic(err)
	}
	for _, r := range mux.Routes() {
		fmt.Println(strings.Join(append([]string{r.Method, r.Path, r.Policy, r.Owner, r.Sensitivity}, r.Limits...), "|"))
	}
	// Output:
	// GET|/v1/notes/{id}|scopes(notes:read); note {id}: owner|notes|
	// GET|/v2/notes/{id}|scopes(notes:read); note {id}: owner|notes|personal|data: 60 per minute
	// GET|/me|any caller: each caller may see itself; no object: the object is the caller||
	// |/v1/notes/{id}|405 method_not_allowed, Allow: GET, HEAD||
	// |/v2/notes/{id}|405 method_not_allowed, Allow: GET, HEAD||
	// |/me|405 method_not_allowed, Allow: GET, HEAD||
	// ||307 from a path with //, /./ or /../ to the clean path||
	// ||404 not_found on each other path||
}
