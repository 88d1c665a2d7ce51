package routes_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
)

func TestVersionsFaults(t *testing.T) {
	for _, v := range []string{"", "v1", "/v1/", "/{v}", "//", "/a//b", "GET /v1", "host/v1", "/v1/{$}"} {
		if _, err := routes.New(routes.Config{Versions: []string{v}}); err == nil {
			t.Errorf("%q is accepted", v)
		}
	}
	if _, err := routes.New(routes.Config{Versions: []string{"/v1", "/v1"}}); err == nil {
		t.Error("two equal versions are accepted")
	}
	if _, err := routes.New(routes.Config{Versions: []string{"/", "/api/v2"}}); err != nil {
		t.Error(err)
	}
}

// pair is two versions of a route. The fields of the patterns are filled in.
type pair struct {
	name     string
	old, new routes.Route
	want     []string // of the old one, and then of the new one
}

func TestParity(t *testing.T) {
	const (
		rule   = "Weaker: is missing, and the requirement may be weaker than in "
		guards = "Weaker: is missing, and the guard of the object may be weaker than in "
		limits = "Weaker: is missing, and the limits may be weaker than in "
		uses   = "Weaker: is missing, and the use of object.Own and object.FilterOf is less than in "
		first  = `"GET /v1/notes/{id}"`
		second = `"GET /v2/notes/{note}"`
		no     = "none"
	)
	described := func(d object.Description) routes.Object {
		d.Name = "note"
		return guard{layer("object"), d}
	}
	limited := func(words ...string) (list []routes.Limit) {
		for _, w := range words {
			list = append(list, layer(w))
		}
		return list
	}
	both := authz.Scopes("read", "more")
	for _, tc := range []pair{
		{"equal", routes.Route{Require: read, NoObject: no}, routes.Route{Require: read, NoObject: no}, nil},
		{"the new one requires more", routes.Route{Require: read, NoObject: no}, routes.Route{Require: both, NoObject: no}, []string{rule + second}},
		{"the new one requires less", routes.Route{Require: both, NoObject: no}, routes.Route{Require: read, NoObject: no}, []string{rule + first}},
		{"explained", routes.Route{Require: both, NoObject: no}, routes.Route{Require: read, NoObject: no, Weaker: "the scope is gone"}, nil},
		{"explained on the wrong side", routes.Route{Require: both, NoObject: no, Weaker: "why"}, routes.Route{Require: read, NoObject: no},
			[]string{"Weaker: is a reason for a policy that is not weaker", rule + first}},
		{"not comparable", routes.Route{Require: read, NoObject: no}, routes.Route{Require: authz.AnyRole("r"), NoObject: no}, []string{rule + second, rule + first}},
		{"any caller", routes.Route{Require: read, NoObject: no}, routes.Route{AnyCaller: "why", NoObject: no}, []string{rule + first}},
		{"public", routes.Route{AnyCaller: "why", NoObject: no}, routes.Route{Public: "why", NoObject: no}, []string{rule + first}},
		{"both public", routes.Route{Public: "why", NoObject: no}, routes.Route{Public: "because", NoObject: no}, nil},

		{"no guard", routes.Route{Require: read, Object: described(object.Description{})}, routes.Route{Require: read, NoObject: no}, []string{guards + first}},
		{"equal guards", routes.Route{Require: read, Object: described(object.Description{Wildcard: "id"})},
			routes.Route{Require: read, Object: described(object.Description{Wildcard: "note"})}, nil},
		{"a role more", routes.Route{Require: read, Object: described(object.Description{OrRole: []string{"a"}})},
			routes.Route{Require: read, Object: described(object.Description{OrRole: []string{"a", "b"}})}, []string{guards + first}},
		{"across tenants", routes.Route{Require: read, Object: described(object.Description{OrRole: []string{"a"}})},
			routes.Route{Require: read, Object: described(object.Description{OrRole: []string{"a"}, AcrossTenants: true})}, []string{guards + first}},
		{"no tenants", routes.Route{Require: read, Object: described(object.Description{Tenants: true})},
			routes.Route{Require: read, Object: described(object.Description{})}, []string{guards + first}},
		{"others", routes.Route{Require: read, Object: described(object.Description{})},
			routes.Route{Require: read, Object: described(object.Description{Others: true})}, []string{guards + first}},
		{"others who act", routes.Route{Require: read, Object: described(object.Description{Others: true})},
			routes.Route{Require: read, Object: described(object.Description{Others: true, OthersAct: true})}, []string{guards + first}},
		{"a parent", routes.Route{Require: read, Object: described(object.Description{Under: "list"})},
			routes.Route{Require: read, Object: described(object.Description{})}, []string{guards + first}},
		{"the key of a parent by a function", routes.Route{Require: read, Object: described(object.Description{Under: "list"})},
			routes.Route{Require: read, Object: described(object.Description{Under: "list", UnderWildcards: []string{"note"}})}, []string{guards + second, guards + first}},
		{"the key of a function", routes.Route{Require: read, Object: described(object.Description{})},
			routes.Route{Require: read, Object: described(object.Description{Wildcard: "note"})}, []string{guards + second, guards + first}},
		{"another object", routes.Route{Require: read, Object: guard{layer("o"), object.Description{Name: "list"}}},
			routes.Route{Require: read, Object: described(object.Description{})}, []string{guards + second, guards + first}},
		{"no filter", routes.Route{Require: read, NoObject: no, Lists: true}, routes.Route{Require: read, NoObject: no}, []string{uses + first}},

		{"a limit more", routes.Route{Require: read, NoObject: no, Limits: limited("a")},
			routes.Route{Require: read, NoObject: no, Limits: limited("b", "a")}, []string{limits + second}},
		{"no limit", routes.Route{Require: read, NoObject: no, Limits: limited("a")}, routes.Route{Require: read, NoObject: no}, []string{limits + first}},
		{"twice a limit", routes.Route{Require: read, NoObject: no, Limits: limited("a", "a")},
			routes.Route{Require: read, NoObject: no, Limits: limited("a")}, []string{limits + first}},
		{"another limit", routes.Route{Require: read, NoObject: no, Limits: limited("60 per minute")},
			routes.Route{Require: read, NoObject: no, Limits: limited("90 per minute")}, []string{limits + second, limits + first}},
	} {
		tc.old.Pattern, tc.new.Pattern = "GET /v1/notes/{id}", "GET /v2/notes/{note}"
		tc.old.Handler, tc.new.Handler = done, done
		got := faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/v2"}}, tc.old, tc.new)
		compareFaults(t, tc.name, got, tc.want)
	}
	if n := reflect.TypeFor[object.Description]().NumField(); n != 9 {
		t.Errorf("a Description has %d fields: compare the new one in atLeast, and here", n)
	}
}

// Two routes are twins if they match the same requests below the prefixes of their versions.
func TestTwins(t *testing.T) {
	weak := func(pattern string) routes.Route {
		return routes.Route{Pattern: pattern, Handler: done, AnyCaller: "why", NoObject: "none"}
	}
	strong := func(pattern string) routes.Route {
		return routes.Route{Pattern: pattern, Handler: done, Require: read, NoObject: "none"}
	}
	for _, tc := range []struct {
		a, b     string
		versions []string
		twins    bool
	}{
		{"GET /v1/a", "GET /v2/a", []string{"/v1", "/v2"}, true},
		{"GET /v1/a", "GET /v2/a", nil, false},
		{"GET /v1/a", "GET /v2/b", []string{"/v1", "/v2"}, false},
		{"GET /v1/a", "POST /v2/a", []string{"/v1", "/v2"}, false},
		{"GET /v1/a", "GET /v10/a", []string{"/v1"}, false},
		{"GET /v1", "GET /v2", []string{"/v1", "/v2"}, true},
		{"GET /v1", "GET /v2/{$}", []string{"/v1", "/v2"}, false},
		{"GET /a", "GET /v2/a", []string{"/", "/v2"}, true},
		{"GET /api/a", "GET /api/v2/a", []string{"/api", "/api/v2"}, true},
		{"GET /v1/{x}/b", "GET /v2/{y}/b", []string{"/v1", "/v2"}, true},
		{"GET /v1/caf%C3%A9", "GET /v2/café", []string{"/v1", "/v2"}, true},
		{"GET one.example/v1/a", "GET two.example/v2/a", []string{"/v1", "/v2"}, false},
		{"GET one.example/v1/a", "GET one.example/v2/a", []string{"/v1", "/v2"}, true},
		{"GET /a", "GET /v1/a", []string{"/v1"}, false}, // the first one has no version
		{"GET /v1/a", "GET /a", []string{"/v1"}, false}, // the second one has no version
		{"GET /api/a", "GET /api/v2/a", []string{"/api/v2", "/api"}, true},
		{"GET /v10/a", "GET /v1/v10/a", []string{"/", "/v1"}, true},
		{"GET /v1/%7B%7D", "GET /v2/{x}", []string{"/v1", "/v2"}, false},
	} {
		got := faultsOf(t, routes.Config{Authenticate: asAnn, Versions: tc.versions}, strong(tc.a), weak(tc.b))
		if twins := slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "Weaker: ") }); twins != tc.twins || len(got) > 1 {
			t.Errorf("%s and %s: %q", tc.a, tc.b, got)
		}
	}
	compareFaults(t, "one version", faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1"}}, strong("GET /v1/{x}"), weak("GET /v1/{y}")),
		[]string{`Pattern: conflicts with "GET /v1/{x}"`})
	creates, not := strong("POST /v1/a"), strong("POST /v2/a")
	creates.Creates = true
	compareFaults(t, "Creates", faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/v2"}}, creates, not),
		[]string{"Weaker: is missing, and the use of object.Own"})
	subtree := strong("GET /v1/files/")
	subtree.Subtree = "files"
	other := weak("GET /v2/files/{rest...}")
	other.Subtree = "files"
	if got := faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/v2"}}, subtree, other); len(got) != 1 {
		t.Errorf("subtrees: %q", got)
	}
	alone := weak("GET /v1/a")
	alone.Weaker = "why"
	compareFaults(t, "a reason without a twin", faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1"}}, alone),
		[]string{"Weaker: is a reason for a policy that is not weaker"})
	compareFaults(t, "a version without a route", faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/V2"}}, weak("GET /v1/a")),
		[]string{"Config.Versions[1]: is the prefix of no route"})
	three := []routes.Route{strong("GET /v1/a"), weak("GET /v2/a"), strong("GET /v3/a")}
	if got := faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/v1", "/v2", "/v3"}}, three...); len(got) != 2 {
		t.Errorf("three versions: %q", got)
	}
}

// HEAD goes with GET. A route for HEAD alone must not be weaker.
func TestHeadIsNotWeakerThanGet(t *testing.T) {
	get := routes.Route{Pattern: "GET /notes/{id}", Handler: done, Require: read, Object: note}
	head := routes.Route{Pattern: "HEAD /notes/{name}", Handler: done, Require: read, NoObject: "only a length"}
	compareFaults(t, "weaker", faultsOf(t, routes.Config{Authenticate: asAnn}, get, head),
		[]string{`Weaker: is missing, and the guard of the object may be weaker than in "GET /notes/{id}"`})
	compareFaults(t, "with versions", faultsOf(t, routes.Config{Authenticate: asAnn, Versions: []string{"/notes"}}, head, get),
		[]string{`Weaker: is missing, and the guard of the object may be weaker than in "GET /notes/{id}"`})
	head.Weaker = "it tells only a length"
	compareFaults(t, "explained", faultsOf(t, routes.Config{Authenticate: asAnn}, get, head), nil)
	compareFaults(t, "alone", faultsOf(t, routes.Config{Authenticate: asAnn}, head), []string{"Weaker: is a reason for a policy that is not weaker"})
	head.Weaker, head.Pattern, head.Object, head.NoObject = "", "HEAD /notes/{id}", note, ""
	compareFaults(t, "equal", faultsOf(t, routes.Config{Authenticate: asAnn}, get, head), nil)
}

// The GET route for all hosts serves each host, so a HEAD route of one host must not be weaker. If
// the host has a GET route of its own, only that one counts.
func TestHeadOfAHostIsNotWeakerThanGet(t *testing.T) {
	get := routes.Route{Pattern: "GET /notes", Handler: done, Require: read, Lists: true}
	head := routes.Route{Pattern: "HEAD api.example/notes", Handler: done, Public: "a probe"}
	own := routes.Route{Pattern: "GET api.example/notes", Handler: done, Public: "notes of the host"}
	compareFaults(t, "weaker", faultsOf(t, routes.Config{Authenticate: asAnn}, get, head),
		[]string{`Weaker: is missing, and the requirement may be weaker than in "GET /notes"`})
	compareFaults(t, "a GET of the host", faultsOf(t, routes.Config{Authenticate: asAnn}, get, head, own), nil)
}
