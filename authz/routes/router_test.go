package routes_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// open returns a public route for each pattern.
func open(patterns ...string) (all []routes.Route) {
	for _, p := range patterns {
		r := routes.Route{Pattern: p, Handler: done, Public: "why", NoObject: "none"}
		if strings.HasSuffix(p, "/") || strings.HasSuffix(p, "...}") {
			r.Subtree = "files"
		}
		all = append(all, r)
	}
	return all
}

func TestRowsOfTheRouter(t *testing.T) {
	m := newMux(t, routes.Config{}, open("GET /notes/{id}", "POST /notes/{id}", "DELETE /notes/all", "GET /files/", "GET /docs/{rest...}", "GET /docs",
		"POST /box/{$}", "GET a.example/x%2Fy/", "GET /{$}", "CONNECT /tunnel/", "CONNECT a.example/t/")...)
	h := build(t, m)
	var got []string
	for _, row := range m.Routes() {
		if row.Router == 0 {
			continue
		}
		if method, path := row.Endpoint(); method != "" || path != "" || row.Innermost() != nil || row.Pattern != "" {
			t.Errorf("a row of the router is an endpoint: %+v", row)
		}
		if _, required := row.Security(); required || !slices.Equal(row.Refusals(), []int{row.Router}) {
			t.Errorf("a row of the router has a policy: %+v", row)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s%s %s", row.Method, row.Host, row.Path, row.Policy)))
	}
	want := []string{
		"/notes/{id} 405 method_not_allowed, Allow: GET, HEAD, POST",
		"/notes/all 405 method_not_allowed, Allow: DELETE, GET, HEAD, POST",
		"/files/ 405 method_not_allowed, Allow: GET, HEAD",
		"/docs/{rest...} 405 method_not_allowed, Allow: GET, HEAD",
		"/docs 405 method_not_allowed, Allow: GET, HEAD",
		"/box/{$} 405 method_not_allowed, Allow: POST",
		"a.example/x%2Fy/ 405 method_not_allowed, Allow: GET, HEAD",
		"/{$} 405 method_not_allowed, Allow: GET, HEAD",
		"/tunnel/ 405 method_not_allowed, Allow: CONNECT",
		"a.example/t/ 405 method_not_allowed, Allow: CONNECT", // and 404 without the slash, not 307
		"GET /files 307 to /files/",
		"POST /box 307 to /box/",
		"GET a.example/x%2Fy 307 to /x%2Fy/",
		"CONNECT /tunnel 307 to /tunnel/",
		"307 from a path with //, /./ or /../ to the clean path",
		"404 not_found on each other path",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, tc := range []struct {
		method, host, path string
		status             int
		allow, location    string
	}{
		{"PUT", "x", "/notes/7", 405, "GET, HEAD, POST", ""},
		{"PUT", "x", "/notes/all", 405, "DELETE, GET, HEAD, POST", ""},
		{"PUT", "a.example", "/x%2Fy/", 405, "GET, HEAD", ""},
		{"GET", "x", "/files", 307, "", "/files/"},
		{"POST", "x", "/box", 307, "", "/box/"},
		{"GET", "x", "/notes//7", 307, "", "/notes/7"},
		{"GET", "x", "/nowhere", 404, "", ""},
		{"GET", "x", "/docs", 200, "", ""},
		{"HEAD", "x", "/notes/7", 200, "", ""},
	} {
		r := httptest.NewRequest(tc.method, "http://"+tc.host+tc.path, nil)
		res := mwtest.Do(h, r)
		if res.StatusCode != tc.status || res.Header.Get("Allow") != tc.allow || res.Header.Get("Location") != tc.location {
			t.Errorf("%s %s%s: %d, Allow %q, Location %q", tc.method, tc.host, tc.path, res.StatusCode, res.Header.Get("Allow"), res.Header.Get("Location"))
		}
	}
}

// Build asks the router for its answers, and runs no handler of a route for that.
func TestBuildRunsNoHandler(t *testing.T) {
	all := open("GET /docs", "GET /docs/", "GET /{$}")
	for i := range all {
		all[i].Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			t.Errorf("Build runs the handler of %s", r.Pattern)
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
	}
	m := newMux(t, routes.Config{}, all...)
	build(t, m)
	for _, row := range m.Routes() {
		if row.Router == 307 && row.Path != "" {
			t.Errorf("a route is listed as an answer of the router: %+v", row)
		}
	}
}

// The answers of the router have the envelope, and the record has the route.
func TestRouterOverTheWire(t *testing.T) {
	m := newMux(t, routes.Config{Authenticate: asAnn},
		routes.Route{Pattern: "GET /notes/{id}", Handler: done, Require: read, Object: note},
		routes.Route{Pattern: "GET /healthz", Handler: done, Public: "for the load balancer"})
	srv := httptest.NewServer(build(t, m))
	defer srv.Close()
	send := func(method, path, scope string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if scope != "" {
			r.Header.Set("Scopes", scope)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	mwtest.Refused(t, send("GET", "/nowhere", ""), 404, "not_found")
	mwtest.Refused(t, send("POST", "/notes/7", "read"), 405, "method_not_allowed")
	mwtest.Refused(t, send("GET", "/notes/7", ""), 401, "unauthenticated")
	mwtest.Refused(t, send("GET", "/notes/7", "write"), 403, "insufficient_scope")
	for _, method := range []string{"GET", "HEAD"} {
		if res := send(method, "/notes/7", "read"); res.StatusCode != 200 || !slices.Contains(res.Header["Layers"], "object") {
			t.Errorf("%s: %d %v", method, res.StatusCode, res.Header)
		}
		if res := send(method, "/notes/7", ""); res.StatusCode != 401 {
			t.Errorf("anonymous %s: %d", method, res.StatusCode)
		}
	}
	if res := send("GET", "/healthz", ""); res.StatusCode != 200 || !slices.Equal(res.Header["Layers"], []string{"handler"}) {
		t.Errorf("a public route: %d %v", res.StatusCode, res.Header)
	}
}
