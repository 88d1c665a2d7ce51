package routes_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/authz/routes"
)

func TestConflicts(t *testing.T) {
	for _, tc := range []struct {
		name     string
		patterns []string
		want     []string
	}{
		{"different methods", []string{"GET /a/{x}", "POST /a/{x}", "HEAD /a/{x}"}, nil},
		{"one is more specific", []string{"GET /a/{x}", "GET /a/b"}, nil},
		{"different hosts", []string{"GET one.example/a", "GET two.example/a", "GET /a"}, nil},
		{"twice", []string{"GET /a", "GET /a"}, []string{`Pattern: conflicts with "GET /a": GET /a matches the same requests as GET /a`}},
		{"only the names differ", []string{"GET /a/{x}", "GET /a/{y}"}, []string{`Pattern: conflicts with "GET /a/{x}": `}},
		{"each is more specific", []string{"GET /a/{x}/c", "GET /a/b/{y}"}, []string{`Pattern: conflicts with "GET /a/{x}/c": GET /a/b/{y} and GET /a/{x}/c both match some paths`}},
		{"one with two", []string{"GET /{x}/b", "HEAD /{x}/b", "GET /a/{y}"},
			[]string{`Pattern: conflicts with "GET /{x}/b"`, `Pattern: conflicts with "HEAD /{x}/b"`}},
		{"three", []string{"GET /{x}", "GET /{y}", "GET /{z}"},
			[]string{`Pattern: conflicts with "GET /{x}"`, `Pattern: conflicts with "GET /{x}"`, `Pattern: conflicts with "GET /{y}"`}},
	} {
		var all []routes.Route
		for _, p := range tc.patterns {
			all = append(all, routes.Route{Pattern: p, Handler: done, AnyCaller: "why", NoObject: "none"})
		}
		compareFaults(t, tc.name, faultsOf(t, routes.Config{Authenticate: asAnn}, all...), tc.want)
	}
	// A route with another fault still takes part.
	compareFaults(t, "with another fault", faultsOf(t, routes.Config{},
		routes.Route{Pattern: "GET /a", Public: "why"},
		routes.Route{Pattern: "GET /a", Public: "why"}), []string{"Handler: is missing", "Handler: is missing", `Pattern: conflicts with "GET /a"`})
}
