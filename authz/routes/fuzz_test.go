package routes_test

import (
	"bufio"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

var trickPatterns = []string{
	"GET /{$}", "GET /notes", "POST /notes", "GET /notes/{id}", "PUT /notes/{id}", "GET /notes/all", "GET /notes/{id}/parts/{part}",
	"HEAD /heads", "GET /files/", "GET /docs/{rest...}", "DELETE /docs/{$}", "GET /a%2Fb", "GET /caf%C3%A9", "GET admin.example/notes",
	"GET admin.example/", "CONNECT /tunnel/", "OPTIONS /notes", "GET /.well-known/x", "GET /a;b",
}

// pathTricks are targets that some routers and some matchers of policies read differently.
var pathTricks = []string{
	"/", "//", "/.", "/..", "/notes", "/notes/", "//notes", "/./notes", "/x/../notes", "/notes/.", "/notes/..", "/notes/7", "/notes/7/", "/notes//7",
	"/Notes", "/NOTES/7", "/notes;x", "/notes;x=1/7", "/notes/7;x", "/%6eotes", "/notes%2F7", "/notes/%2e%2e/docs", "/%2e/notes", "/notes/%2e",
	"/notes/%2e%2e", "/notes%00", "/notes/all", "/notes/%61ll", "/notes/all?x=1", "/notes?id=all", "/notes/7%2Fparts%2F8", "/notes/7/parts/8",
	"/notes/7/parts/", "/files", "/files/", "/files/../notes", "/files/%2e%2e/notes", "/files/..%2fnotes", "/docs", "/docs/", "/docs/a/b", "/a/b", "/a%2fb", "/a%2Fb",
	"/café", "/caf%C3%A9", "/caf%e9", "/a;b", "/a%3Bb", "http://admin.example/notes", "http://admin.example//notes", "/tunnel", "/tunnel/x", "/tunnel/../notes",
	"*", "/\\notes", "/notes\\7", "/notes%5C7", "/heads", "/.well-known/x", "/.well-known/../notes", "/notes#7", "/%", "/notes/%zz", "/notes/\xff", "/notes/%ff",
}

// trickHandlers returns a router of this package, in which the policy of each route leaves the
// pattern in Policy, and a plain http.ServeMux with the same patterns.
func trickHandlers(t testing.TB) (guarded, plain http.Handler) {
	mux := http.NewServeMux()
	m := newMux(t, routes.Config{Authenticate: asAnn})
	for _, p := range trickPatterns {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Handler", p)
			w.Header().Add("Id", r.PathValue("id"))
		})
		mux.Handle(p, h)
		r := routes.Route{Pattern: p, Handler: h, Require: authz.All(authz.Scopes("read"), authz.Decide(policyOf(p))), Creates: strings.HasPrefix(p, "P"), Lists: true}
		r.Object = guard{layer(p), object.Description{Name: "trick"}}
		if strings.HasSuffix(p, "/") || strings.HasSuffix(p, "...}") {
			r.Subtree = "files"
		}
		m.Handle(r)
	}
	return build(t, m), httperr.WrapMux(mux)
}

// policyOf is a policy that leaves the pattern of its route with the request.
type policyOf string

func (p policyOf) Decide(r *http.Request, _ *authn.Principal) (authz.Ruling, error) {
	r.Header.Add("Policy", string(p))
	return authz.Ruling{Allow: true}, nil
}

// trickFault compares the answers of guarded and plain to one request. It returns a fault unless
// guarded runs the handler that plain runs, under the policy of the very same pattern, and runs no
// handler for a caller without the scope. served says that a handler ran.
func trickFault(guarded, plain http.Handler, method, host, target string) (fault string, served bool) {
	read := func(scope string) *http.Request {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")))
		if err != nil {
			return nil
		}
		r.Header = http.Header{"Scopes": {scope}} // and no header of the fuzzer
		return r
	}
	asOwner, asOther, r := read("read"), read("write"), read("read")
	if asOwner == nil {
		return "", false
	}
	want, got, refused := httptest.NewRecorder(), httptest.NewRecorder(), httptest.NewRecorder()
	plain.ServeHTTP(want, r)
	guarded.ServeHTTP(got, asOwner)
	guarded.ServeHTTP(refused, asOther)
	handler := got.Header()["Handler"]
	for _, name := range []string{"Handler", "Location", "Allow", "Id", "Content-Type"} {
		if !slices.Equal(got.Header()[name], want.Header()[name]) {
			return fmt.Sprintf("%s %q, and the ServeMux %q", name, got.Header()[name], want.Header()[name]), false
		}
	}
	switch layers := got.Header()["Layers"]; {
	case refused.Header()["Handler"] != nil || refused.Code < 300:
		return fmt.Sprintf("served without the scope, status %d", refused.Code), false
	case got.Code != want.Code:
		return fmt.Sprintf("status %d, and the ServeMux %d", got.Code, want.Code), false
	case !slices.Equal(asOwner.Header["Policy"], handler):
		return fmt.Sprintf("the policy of %q, and the handler of %q", asOwner.Header["Policy"], handler), false
	case handler != nil && !slices.Equal(layers, []string{"authenticate", handler[0]}):
		return fmt.Sprintf("the layers %q, and the handler of %q", layers, handler), false
	}
	return "", handler != nil
}

// tricks calls f with each request of the list.
func tricks(f func(method, host, target string)) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "QUERY", "X"} {
		for _, host := range []string{"service.example", "admin.example", "admin.example:8080", "ADMIN.example", "admin.example."} {
			for _, target := range pathTricks {
				f(method, host, target)
			}
		}
	}
}

func TestPathTricks(t *testing.T) {
	guarded, plain := trickHandlers(t)
	count := 0
	tricks(func(method, host, target string) {
		fault, served := trickFault(guarded, plain, method, host, target)
		if fault != "" {
			t.Errorf("%s %q of %q: %s", method, target, host, fault)
		}
		if served {
			count++
		}
	})
	if count < 100 {
		t.Errorf("only %d requests have reached a handler", count)
	}
}

// The test detects a router whose policies hang on a second path matcher, which is even a
// http.ServeMux with the same patterns, but reads the decoded path.
func TestPathTricksDetectASecondMatcher(t *testing.T) {
	_, plain := trickHandlers(t)
	matcher := http.NewServeMux()
	for _, p := range trickPatterns {
		matcher.Handle(p, http.NotFoundHandler())
	}
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		decoded := *r.URL
		decoded.RawPath = ""
		_, pattern := matcher.Handler(&http.Request{Method: r.Method, Host: r.Host, URL: &decoded})
		if pattern != "" && r.Header.Get("Scopes") != "read" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		answer := httptest.NewRecorder()
		plain.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		if answer.Header()["Handler"] != nil {
			w.Header()["Layers"] = []string{"authenticate", pattern}
			r.Header["Policy"] = []string{pattern}
		}
		w.WriteHeader(answer.Code)
	})
	var faults []string
	tricks(func(method, host, target string) {
		if fault, _ := trickFault(broken, plain, method, host, target); fault != "" {
			faults = append(faults, method+" "+target+": "+fault)
		}
	})
	if !slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(s, `the policy of`) }) ||
		!slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(s, `served without the scope`) }) {
		t.Errorf("faults %q", faults)
	}
}

func FuzzPathTricks(f *testing.F) {
	for _, target := range pathTricks {
		f.Add("GET", "service.example", target)
	}
	f.Add("CONNECT", "admin.example", "/tunnel/..//x")
	guarded, plain := trickHandlers(f)
	f.Fuzz(func(t *testing.T, method, host, target string) {
		if fault, _ := trickFault(guarded, plain, method, host, target); fault != "" {
			t.Fatal(fault)
		}
	})
}
