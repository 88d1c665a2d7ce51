package routes

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]pattern{
		"":                         {},
		"GET":                      {},
		"/":                        {path: "/", subtree: true},
		"GET /a":                   {method: "GET", path: "/a"},
		"GET \t a.example/a/":      {method: "GET", host: "a.example", path: "/a/", subtree: true},
		"GET /a/{id}":              {method: "GET", path: "/a/{id}", wildcards: []string{"id"}},
		"GET /a/{id}/{rest...}":    {method: "GET", path: "/a/{id}/{rest...}", wildcards: []string{"id", "rest"}, subtree: true},
		"GET /a/{id}/{$}":          {method: "GET", path: "/a/{id}/{$}", wildcards: []string{"id"}},
		"GET /a...}":               {method: "GET", path: "/a...}"},
		"GET /a/%7Bid%7D/x{y}":     {method: "GET", path: "/a/%7Bid%7D/x{y}"},
		"DELETE host:80/{a}/b/{c}": {method: "DELETE", host: "host:80", path: "/{a}/b/{c}", wildcards: []string{"a", "c"}},
	} {
		if got := parse(s); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", s, got, want)
		}
	}
}

// tryRegister registers pattern and returns the text of a panic.
func tryRegister(mux *http.ServeMux, pattern string, h http.Handler) string {
	return add(mux, &entry{Route: &Route{Pattern: pattern}, handler: h})
}

// For each pattern that http.ServeMux accepts, parse finds the method and the host that the
// ServeMux wants, and the wildcards to which it gives values, and says truly whether it serves
// the paths below.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"GET /a/{id}", "GET a.example/{x}/{rest...}", "/", "PUT /a/", "GET /a/{$}", "GET /%7Bid%7D", "GET /a...}", "GET /a/{é}", "GET /%/%7B", "X\t /a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		mux, p := http.NewServeMux(), parse(s)
		values := map[string]string{}
		matched := ""
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			matched = r.Pattern
			for _, name := range p.wildcards {
				values[name] = r.PathValue(name)
			}
		})
		if tryRegister(mux, s, h) != "" || strings.Contains(p.host, ":") || strings.Contains(strings.ToUpper(s), "%2F") {
			return // the ServeMux removes the port of a request, and takes the segment %2F for {$}
		}
		if p.method == "" || p.method == http.MethodConnect {
			return // the path of such a pattern may not be clean, and serves nothing
		}
		serve := func(path string) string {
			matched = ""
			mux.ServeHTTP(httptest.NewRecorder(), newRequest(p.method, p.host, path))
			return matched
		}
		if got := serve(p.path); got != s {
			t.Fatalf("%q as %+v: the ServeMux serves %q", s, p, got)
		}
		for name, v := range values {
			if v == "" {
				t.Fatalf("%q: the wildcard %q has no value", s, name)
			}
		}
		if n := strings.Count(strings.ReplaceAll(p.path, "{$}", ""), "/{"); n < len(p.wildcards) || slices.Contains(p.wildcards, "") {
			t.Fatalf("%q: wildcards %q", s, p.wildcards)
		}
		below := strings.TrimSuffix(strings.TrimSuffix(p.path, "{$}"), "/") + "/x/y"
		if got := serve(below) == s; got != p.subtree {
			t.Fatalf("%q: subtree %v, and the ServeMux says %v", s, p.subtree, got)
		}
	})
}

// Two routes are twins exactly if http.ServeMux says that their paths match the same requests.
func FuzzTwins(f *testing.F) {
	for _, pair := range [][2]string{
		{"/a", "/a"}, {"/{x}", "/{y}"}, {"/a/", "/a/{rest...}"}, {"/{$}", "/"}, {"", ""}, {"", "/"}, {"/caf%C3%A9", "/café"}, {"/%7B%7D", "/{x}"}, {"/a/%2F", "/a/{$}"},
		{"/%zz", "/%25zz"}, {"/{x...}", "/{y...}"}, {"/{x}/b", "/b/{x}"},
		{"/", "/...}"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, x, y string) {
		if x != "" && x[0] != '/' || y != "" && y[0] != '/' {
			return
		}
		first, second := http.NewServeMux(), http.NewServeMux()
		h := http.NotFoundHandler()
		if tryRegister(first, "GET /v1"+x, h) != "" || tryRegister(second, "GET /v2"+y, h) != "" {
			return
		}
		versions := []string{"/v1", "/v2"}
		v1, key1 := parse("GET /v1" + x).version(versions)
		v2, key2 := parse("GET /v2" + y).version(versions)
		same := strings.Contains(tryRegister(first, "GET /v1"+y, h), "matches the same requests as")
		if v1 != "/v1" || v2 != "/v2" || (key1 == key2) != same {
			t.Fatalf("%q and %q: keys %q and %q, and the ServeMux says %v", x, y, key1, key2, same)
		}
	})
}
