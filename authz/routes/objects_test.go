package routes_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
)

func TestObjectFaults(t *testing.T) {
	const (
		wildcard = "Object: is missing: each caller could name the object of another in {id}"
		write    = "Object: is missing: nothing says which objects the route may change"
		list     = "Lists: is missing: nothing says whose objects the route shows"
		public   = ": is set, and a public route has no caller to be the owner"
	)
	for _, tc := range []struct {
		name string
		r    routes.Route
		want []string
	}{
		// A wildcard route with a scope alone does not start.
		{"wildcard", routes.Route{Pattern: "GET /notes/{id}", Require: read}, []string{wildcard}},
		{"wildcard of any caller", routes.Route{Pattern: "DELETE /notes/{id}", AnyCaller: "clock"}, []string{wildcard}},
		{"public wildcard", routes.Route{Pattern: "GET /notes/{id}", Public: "health"}, []string{wildcard}},
		{"public wildcard, explained", routes.Route{Pattern: "GET /notes/{id}", Public: "health", NoObject: "each note is public"}, nil},
		{"wildcard at the end", routes.Route{Pattern: "GET /files/{id...}", Require: read, Subtree: "files"}, []string{wildcard}},
		{"wildcard that is a parent", routes.Route{Pattern: "POST /lists/{id}/notes", Require: read, Creates: true}, []string{wildcard}},
		{"wildcard that is a parent, guarded", routes.Route{Pattern: "POST /lists/{id}/notes", Require: read, Creates: true, Object: note}, nil},
		{"wildcard, lists", routes.Route{Pattern: "GET /lists/{id}/notes", Require: read, Lists: true}, []string{wildcard}},
		{"name that the caller chooses", routes.Route{Pattern: "PUT /notes/{id}", Require: read, Creates: true, NoObject: "the name is within the caller"}, nil},
		{"guard", routes.Route{Pattern: "GET /notes/{id}", Require: read, Object: note}, nil},
		{"guard and reason", routes.Route{Pattern: "GET /notes/{id}", Require: read, Object: note, NoObject: "none"}, []string{"NoObject: is set together with Object"}},
		{"guard of another wildcard", routes.Route{Pattern: "GET /notes/{name}/{part}", Require: read, Object: note},
			[]string{"Object: reads the wildcard {id}, and the pattern has no wildcard {name}, {part}"[:60]}},
		{"guard without a wildcard in the pattern", routes.Route{Pattern: "GET /notes", Require: read, Object: note}, []string{"Object: reads the wildcard {id}, and the pattern has no wildcard"}},
		{"guard below a parent of another wildcard", routes.Route{Pattern: "GET /lists/{name}/items/{id}", Require: read, Object: item},
			[]string{"Object: reads the wildcard {list}, and the pattern has no wildcard {name}, {id}"[:60]}},
		{"guard below a parent", routes.Route{Pattern: "GET /lists/{list}/items/{id}", Require: read, Object: item}, nil},
		{"guard with a function", routes.Route{Pattern: "GET /notes/{name}", Require: read, Object: keyed}, nil},

		{"POST", routes.Route{Pattern: "POST /notes", Require: read}, []string{write}},
		{"PUT", routes.Route{Pattern: "PUT /notes", Require: read}, []string{write}},
		{"PATCH", routes.Route{Pattern: "PATCH /notes", Require: read}, []string{write}},
		{"DELETE", routes.Route{Pattern: "DELETE /notes", Require: read}, []string{write}},
		{"another method", routes.Route{Pattern: "PURGE /notes", Require: read}, []string{write}},
		{"public POST", routes.Route{Pattern: "POST /login", Public: "login"}, []string{write}},
		{"public POST, explained", routes.Route{Pattern: "POST /login", Public: "login", NoObject: "a session is no object of a caller yet"}, nil},
		{"POST that lists", routes.Route{Pattern: "POST /search", Require: read, Lists: true}, []string{write}},
		{"POST that lists, explained", routes.Route{Pattern: "POST /search", Require: read, Lists: true, NoObject: "it changes none"}, nil},
		{"POST that creates", routes.Route{Pattern: "POST /notes", Require: read, Creates: true}, nil},
		{"PUT of the caller's object", routes.Route{Pattern: "PUT /profile", Require: read, Object: keyed}, nil},
		{"GET that creates", routes.Route{Pattern: "GET /notes", Require: read, Lists: true, Creates: true}, []string{"Creates: is set for a method that changes nothing"}},

		{"GET", routes.Route{Pattern: "GET /notes", Require: read}, []string{list}},
		{"GET of any caller", routes.Route{Pattern: "GET /notes", AnyCaller: "clock"}, []string{list}},
		{"HEAD", routes.Route{Pattern: "HEAD /notes", Require: read}, []string{list}},
		{"QUERY", routes.Route{Pattern: "QUERY /notes", Require: read}, []string{list}},
		{"OPTIONS", routes.Route{Pattern: "OPTIONS /notes", Require: read}, nil},
		{"subtree", routes.Route{Pattern: "GET /files/", Require: read, Subtree: "files"}, []string{list}},
		{"GET that lists", routes.Route{Pattern: "GET /notes", Require: read, Lists: true}, nil},
		{"GET, explained", routes.Route{Pattern: "GET /me", AnyCaller: "clock", NoObject: "the caller itself"}, nil},
		{"public GET", routes.Route{Pattern: "GET /healthz", Public: "health"}, nil},

		{"public object", routes.Route{Pattern: "GET /notes/{id}", Public: "health", Object: note}, []string{"Object" + public}},
		{"public list", routes.Route{Pattern: "GET /notes", Public: "health", Lists: true}, []string{"Lists" + public}},
		{"public creation", routes.Route{Pattern: "POST /notes", Public: "health", Creates: true}, []string{"Creates" + public}},
	} {
		wantFaults(t, tc.name, tc.r, tc.want...)
	}
}

// A route may use a guard of package object, with the wildcard of its Config.
func TestDescriptionOfARoute(t *testing.T) {
	m := newMux(t, routes.Config{Authenticate: asAnn}, routes.Route{
		Pattern: "PUT /lists/{list}/items/{id}", Handler: done, Require: read, Object: guard{layer("object"), object.Description{
			Name: "item", Wildcard: "id", Under: "list", OrRole: []string{"admin"}, Tenants: true,
		}},
	})
	if _, err := m.Build(); err != nil {
		t.Fatal(err)
	}
	row := m.Routes()[0]
	if want := "scopes(read); item {id} under list: owner, or role admin in the same tenant"; row.Policy != want {
		t.Errorf("policy %q, want %q", row.Policy, want)
	}
	row.Object.OrRole[0] = "x"
	if m.Routes()[0].Object.OrRole[0] != "admin" {
		t.Error("a row shares the roles of its guard")
	}
}
