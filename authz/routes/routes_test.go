package routes_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestLayersRunInOrder(t *testing.T) {
	m := newMux(t, routes.Config{Authenticate: asAnn}, routes.Route{
		Pattern: "GET /notes/{id}", Handler: done, Require: authz.Scopes("read"), Limits: []routes.Limit{layer("first"), layer("second")},
		Object: guard{layer("object"), object.Description{Name: "note", Wildcard: "id"}},
	})
	h, err := m.Build()
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[string][]string{
		"read":  {"authenticate", "first", "second", "object", "handler"},
		"write": {"authenticate", "first", "second"},
	} {
		r := httptest.NewRequest("GET", "/notes/7", nil)
		r.Header.Set("Scopes", scope)
		res := mwtest.Do(h, r)
		if got := res.Header["Layers"]; !slices.Equal(got, want) {
			t.Errorf("scope %s: layers %v, want %v", scope, got, want)
		}
	}
	row := m.Routes()[0]
	if row.Policy != "scopes(read); note {id}: owner" {
		t.Errorf("policy %q", row.Policy)
	}
}
