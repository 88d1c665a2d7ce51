package authztest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
)

// The path of a pattern with values leads http.ServeMux to the pattern and to the values, and
// each other spelling is a path that can be sent.
func FuzzPaths(f *testing.F) {
	for _, v := range []string{"7", "a b", "a/b", "%2f", "ü", ";x", "a;b", "?", "#", "+", "{id}", "~", "a%", "\x00", "*"} {
		f.Add(v, v)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == "" || b == "" {
			t.Skip("a wildcard needs a value")
		}
		values := map[string]string{"a": a, "rest": b}
		for _, pattern := range []string{"/x/{a}", "/{a}/x", "/x/{a}/{rest...}", "/x/{a}/{$}"} {
			escaped := expand(pattern, values)
			u := new(url.URL)
			if err := setPath(u, escaped); err != nil {
				t.Fatalf("%s with %q: %v", pattern, values, err)
			}
			if clean := path.Clean(u.Path); clean != u.Path && clean+"/" != u.Path {
				continue // ServeMux redirects such a request
			}
			r := &http.Request{Method: http.MethodGet, Host: "h", URL: u}
			mux := http.NewServeMux()
			found := false
			mux.HandleFunc("GET "+pattern, func(_ http.ResponseWriter, r *http.Request) {
				found = r.PathValue("a") == a && (r.PathValue("rest") == b || !strings.Contains(pattern, "rest"))
			})
			if mux.ServeHTTP(httptest.NewRecorder(), r); !found {
				t.Errorf("%s with %q is %s, which leads elsewhere", pattern, values, escaped)
			}
			for _, other := range spellings(pattern, values) {
				if other == escaped {
					t.Errorf("%s is no other spelling", other)
				}
				if err := setPath(new(url.URL), other); err != nil {
					t.Errorf("%s with %q: %v", pattern, values, err)
				}
			}
		}
	})
}
