package authztest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
)

// A route that admits a caller whom its twin refuses is a fault, also if the mux was built
// without its versions.
func TestVersions(t *testing.T) {
	read, write := authz.Scopes("notes:read"), authz.Scopes("notes:write")
	const v1, v2 = "authztest: GET /v1/x/{a}: ", "authztest: GET /v2/x/{b}: "
	limited := []string{"few"}
	guard := object.Description{Name: "x"}
	for name, tc := range map[string]struct {
		old, now routes.Row
		want     []string
	}{
		"the same": {routes.Row{Require: read}, routes.Row{Require: read}, nil},
		"another scope": {routes.Row{Require: read}, routes.Row{Require: write}, []string{
			v1 + "without scope notes:write: is admitted, and GET /v2/x/{b} refuses with 403",
			v2 + "without scope notes:read: is admitted, and GET /v1/x/{a} refuses with 403",
		}},
		"with a reason": {routes.Row{Require: authz.AnyScope("notes:read", "notes:write"), Weaker: "until May"}, routes.Row{Require: write}, nil},
		"each caller": {routes.Row{AnyCaller: "old"}, routes.Row{Require: write}, []string{
			v1 + "without scope notes:write: is admitted, and GET /v2/x/{b} refuses with 403",
		}},
		"public": {routes.Row{Public: "old"}, routes.Row{Require: write}, []string{
			v1 + "anonymous: is admitted, and GET /v2/x/{b} refuses with 401",
		}},
		"public in the new one": {routes.Row{Require: write}, routes.Row{Public: "new"}, []string{
			v2 + "anonymous: is admitted, and GET /v1/x/{a} refuses with 401",
		}},
		"no guard": {routes.Row{Require: read}, routes.Row{Require: read, HasObject: true, Object: guard}, []string{
			v1 + "other user: is admitted, and GET /v2/x/{b} refuses with 404",
		}},
		"no limit": {routes.Row{Require: read}, routes.Row{Require: read, Limits: limited}, []string{
			v1 + "has no limit, and GET /v2/x/{b} has few",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.build()
			tc.old.Pattern, tc.old.Method, tc.old.Path, tc.old.Wildcards = "GET /v1/x/{a}", "GET", "/v1/x/{a}", []string{"a"}
			tc.now.Pattern, tc.now.Method, tc.now.Path, tc.now.Wildcards = "GET /v2/x/{b}", "GET", "/v2/x/{b}", []string{"b"}
			s.cfg.Targets, s.cfg.Versions, s.cfg.Routes = nil, []string{"/v1", "/v2"}, []routes.Row{tc.old, tc.now}
			r := attack(s.cfg)
			got := slices.DeleteFunc(r.errors, func(e string) bool { return !strings.HasSuffix(e, "; give the reason in Route.Weaker") })
			if len(got) != len(tc.want) {
				t.Errorf("%d messages, want %d:\n%s", len(got), len(tc.want), strings.Join(got, "\n"))
			}
			for _, want := range tc.want {
				if !slices.Contains(got, want+"; give the reason in Route.Weaker") {
					t.Errorf("no %q in:\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// A route is a route of the longest prefix that fits. A route below no prefix has no twin.
func TestVersionsOfPrefixes(t *testing.T) {
	read, write := authz.Scopes("notes:read"), authz.Scopes("notes:write")
	row := func(path string, require authz.Requirement) routes.Row {
		return routes.Row{Pattern: "GET " + path, Method: "GET", Path: path, Require: require}
	}
	for name, tc := range map[string]struct {
		versions []string
		rows     []routes.Row
		want     int
	}{
		"below no prefix":       {[]string{"/v1"}, []routes.Row{row("/v1/x", read), row("/x", write)}, 0},
		"below the prefix /":    {[]string{"/v1", "/"}, []routes.Row{row("/v1/x", read), row("/x", write)}, 2},
		"a longer prefix first": {[]string{"/v1/beta", "/v1"}, []routes.Row{row("/v1/x", read), row("/v1/beta/x", write)}, 2},
		"a longer prefix last":  {[]string{"/v1", "/v1/beta"}, []routes.Row{row("/v1/x", read), row("/v1/beta/x", write)}, 2},
		"the prefixes":          {[]string{"/v1", "/v2"}, []routes.Row{row("/v1", read), row("/v2", write)}, 2},
		"the start of a name":   {[]string{"/v1", "/v2"}, []routes.Row{row("/v1x", read), row("/v2x", write)}, 0},
	} {
		s := newService(t)
		s.build()
		s.cfg.Targets, s.cfg.Versions, s.cfg.Routes = nil, tc.versions, tc.rows
		got := slices.DeleteFunc(attack(s.cfg).errors, func(e string) bool { return !strings.HasSuffix(e, "; give the reason in Route.Weaker") })
		if len(got) != tc.want {
			t.Errorf("%s: %d messages, want %d:\n%s", name, len(got), tc.want, strings.Join(got, "\n"))
		}
	}
}
