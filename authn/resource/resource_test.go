package resource_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/resource"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func config(id string) resource.Config {
	return resource.Config{Resource: id, AuthorizationServers: []string{"https://issuer.example"}}
}

func build(t *testing.T, cfg resource.Config) *resource.Metadata {
	t.Helper()
	return mwtest.Must[*resource.Metadata](t)(resource.New(cfg))
}

// The well-known part is inserted before the path (RFC 9728, section 3.1).
func TestPathInsertion(t *testing.T) {
	const wellKnown = "/.well-known/oauth-protected-resource"
	for id, path := range map[string]string{
		"https://notes.example":             wellKnown,
		"https://notes.example/":            wellKnown,
		"https://notes.example/mcp":         wellKnown + "/mcp",
		"https://notes.example/mcp/":        wellKnown + "/mcp/",
		"https://notes.example:8443/a/b-c":  wellKnown + "/a/b-c",
		"http://127.0.0.1:8083/mcp":         wellKnown + "/mcp",
		"https://notes.example/.well-known": wellKnown + "/.well-known",
	} {
		m := build(t, config(id))
		base := strings.TrimSuffix(id, "/")
		if i := strings.Index(base[len("https://"):], "/"); i >= 0 {
			base = base[:len("https://")+i]
		}
		if m.Path() != path || m.URL() != base+path {
			t.Errorf("%s: path %s, URL %s", id, m.Path(), m.URL())
		}
		// A client that asks at URL finds the identifier that it began with (section 3.3).
		mux := http.NewServeMux()
		mux.Handle(m.Path(), m)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", m.URL(), nil))
		var doc struct{ Resource string }
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.Resource != id {
			t.Errorf("%s: %d %s %v", id, w.Code, w.Body, err)
		}
	}
}

func TestDocument(t *testing.T) {
	cfg := config("https://notes.example/mcp")
	minimal := map[string]any{
		"resource": "https://notes.example/mcp", "authorization_servers": []any{"https://issuer.example"}, "bearer_methods_supported": []any{"header"},
	}
	full := map[string]any{
		"resource": "https://notes.example/mcp", "authorization_servers": []any{"https://issuer.example", "https://sso.example/realms/a"},
		"bearer_methods_supported": []any{"header"}, "scopes_supported": []any{"notes:read"}, "resource_name": "Notes <&>", "resource_documentation": "https://notes.example/docs",
	}
	for n, want := range []map[string]any{minimal, full} {
		if n == 1 {
			cfg.AuthorizationServers = append(cfg.AuthorizationServers, "https://sso.example/realms/a")
			cfg.Scopes, cfg.Name, cfg.Documentation = []string{"notes:read"}, "Notes <&>", "https://notes.example/docs"
		}
		w := httptest.NewRecorder()
		m := build(t, cfg)
		m.ServeHTTP(w, httptest.NewRequest("GET", m.Path(), nil))
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

func TestConfig(t *testing.T) {
	_, err := resource.New(resource.Config{})
	mwtest.Faults(t, err, "resource: Resource: is empty; ", "resource: AuthorizationServers: is empty, so no client could get a token; ")
	cfg := config("http://notes.example/mcp")
	cfg.AuthorizationServers = []string{"https://issuer.example?x=1", "issuer"}
	cfg.Scopes, cfg.Documentation = []string{"a b"}, "ftp://notes.example"
	m, err := resource.New(cfg)
	mwtest.Faults(t, err, "resource: Resource: is not https", "resource: AuthorizationServers[0]: has a query", "resource: AuthorizationServers[1]: has no host",
		`resource: Scopes[0]: "a b": is not a scope-token`, "resource: Documentation: is not https")
	if m != nil {
		t.Error("a handler beside an error")
	}
	for id, reason := range map[string]string{
		"https://notes.example/mcp?tenant=1": "has a query", "https://notes.example/mcp#a": "has a fragment", "https://u:hunter2@notes.example/": "has a user",
		"https://notes.example//mcp": "has a path", "https://notes.example/a/../mcp": "has a path", "https://notes.example/a%2fb": "has a path",
		"https://notes.example/{id}": "has a path", "https://notes.example/a//": "has a path", "notes": "has no host",
	} {
		_, err := resource.New(config(id))
		if mwtest.Faults(t, err, "resource: Resource: "+reason); err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	}
}

// serve runs the handler behind the layers of a service, as a real server.
func serve(t *testing.T, h http.Handler) (send func(method, path string, headers ...string) *http.Response) {
	t.Helper()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	hdr := mwtest.Must[*headers.Middleware](t)(headers.New(headers.API()))
	srv := httptest.NewServer(errs.Handler(hdr.Handler(h)))
	t.Cleanup(srv.Close)
	return func(method, path string, kv ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(kv); i += 2 {
			r.Header.Set(kv[i], kv[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
}

func TestOverTheWire(t *testing.T) {
	m := build(t, config("https://notes.example/mcp/"))
	mux := http.NewServeMux()
	mux.Handle(m.Path(), m) // a subtree, for a path that ends in a slash
	send := serve(t, mux)
	for _, method := range []string{"GET", "HEAD"} {
		res := send(method, m.Path(), "Origin", "https://any.example")
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 || (len(body) > 0) != (method == "GET") || res.ContentLength < 50 {
			t.Errorf("%s: %d %q %v", method, res.StatusCode, body, err)
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff",
		} {
			if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s %q", method, name, got)
			}
		}
	}
	res := send("OPTIONS", m.Path(), "Origin", "https://any.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "mcp-protocol-version")
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Access-Control-Allow-Headers") != "*" ||
		res.Header.Get("Access-Control-Allow-Methods") != "GET, HEAD" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "TRACE", "QUERY"} {
		res := send(method, m.Path())
		if mwtest.Refused(t, res, 405, "method_not_allowed"); res.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: Allow %q", method, res.Header.Get("Allow"))
		}
	}
	mwtest.Refused(t, send("GET", m.Path()+"other"), 404, "not_found")
	// The host of the request has no effect.
	res = send("GET", m.Path(), "Host", "evil.example", "X-Forwarded-Host", "evil.example")
	if body, _ := io.ReadAll(res.Body); strings.Contains(string(body), "evil") || !strings.Contains(string(body), `"https://notes.example/mcp/"`) {
		t.Errorf("%s", body)
	}
}

// Outside of cors every origin may read the document. Inside, cors decides: that is why
// the package documentation puts it outside.
func TestBesideCORS(t *testing.T) {
	m := build(t, config("https://notes.example/mcp"))
	xo := mwtest.Must[*cors.Middleware](t)(cors.New(cors.Config{Origins: []string{"https://app.example"}}))
	outside := http.NewServeMux()
	outside.Handle(m.Path(), m)
	outside.Handle("/", xo.Handler(&mwtest.Spy{}))
	preflight := []string{"Origin", "https://inspector.example", "Access-Control-Request-Method", "GET"}
	send := serve(t, outside)
	if res := send("OPTIONS", m.Path(), preflight...); res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("outside: %d %v", res.StatusCode, res.Header)
	}
	if res := send("OPTIONS", "/mcp", preflight...); res.StatusCode != 403 {
		t.Errorf("the service itself: %d", res.StatusCode)
	}
	send = serve(t, xo.Handler(m))
	if res := send("OPTIONS", m.Path(), preflight...); res.StatusCode != 403 || res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("inside: %d %v", res.StatusCode, res.Header)
	}
}
