package advisories

import (
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// inventory returns a service with public routes below /public, and protected ones.
func inventory(t *testing.T) http.Handler {
	t.Helper()
	keys := must[*apikey.Authenticator](t)(apikey.New(apikey.Config{Store: new(apikey.MemoryStore), Prefix: "notes", Env: "live"}))
	auth := must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}}))
	mux := must[*routes.Mux](t)(routes.New(routes.Config{Authenticate: auth.Handler}))
	public := say(func(r *http.Request) string { return "public " + r.PathValue("name") })
	const reason = "it is a test"
	for _, pattern := range []string{"GET /public/{name}", "GET /public/{name}/file"} {
		mux.Handle(routes.Route{Pattern: pattern, Public: reason, NoObject: reason, Handler: public})
	}
	mux.Handle(routes.Route{Pattern: "GET /admin", AnyCaller: reason, NoObject: reason, Handler: reach})
	return must[http.Handler](t)(mux.Build())
}

// gateway returns a naive handler: public decides whether a request needs an identity, and the
// service behind it serves what target returns.
func gateway(public func(*http.Request) bool, target func(*http.Request) string) func(*testing.T) http.Handler {
	return fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !public(r) {
			httperr.Write(w, r, authn.ErrNoCredentials)
			return
		}
		say(func(*http.Request) string { return "served " + target(r) }).ServeHTTP(w, r)
	}))
}

func routingTrials() map[string]trial {
	honest := send("GET", "/public/index", "")
	const pass, through = "200 public index", "200 served /admin"
	asSent := func(r *http.Request) string { return r.URL.Path }
	below := func(p string) bool { return strings.HasPrefix(p, "/public/") }
	return map[string]trial{
		"CVE-2025-29927": {ours: inventory, honest: honest, pass: pass, through: through,
			attack: send("GET", "/admin", "", "X-Middleware-Subrequest", "middleware:middleware:middleware"),
			naive:  gateway(func(r *http.Request) bool { return r.Header.Get("X-Middleware-Subrequest") != "" }, asSent)},
		"CVE-2025-54576": {ours: inventory, honest: honest, pass: pass, through: through,
			attack: send("GET", "/admin?to=/public/index", ""),
			naive:  gateway(func(r *http.Request) bool { return regexp.MustCompile(`/public/\w+$`).MatchString(r.RequestURI) }, asSent)},
		"CVE-2026-40575": {ours: inventory, honest: honest, pass: pass, through: through,
			attack: send("GET", "/admin", "", "X-Forwarded-Uri", "/public/index"),
			naive:  gateway(func(r *http.Request) bool { return below(r.Header.Get("X-Forwarded-Uri")) }, asSent)},
		"CVE-2026-41059": {ours: inventory, honest: honest, pass: pass, attack: send("GET", "/public/secret%23/file", ""),
			through: "200 served /public/secret",
			naive: gateway(func(r *http.Request) bool { return regexp.MustCompile(`^/public/.*/file$`).MatchString(r.URL.Path) },
				func(r *http.Request) string {
					served, _, _ := strings.Cut(r.URL.Path, "#")
					return served
				})},
		"CVE-2026-33494": {ours: inventory, honest: honest, pass: pass, through: through, attack: send("GET", "/public/../admin", ""),
			naive: gateway(func(r *http.Request) bool { return below(r.URL.Path) },
				func(r *http.Request) string { return path.Clean(r.URL.Path) })},
		"CVE-2026-48020": {ours: inventory, honest: honest, pass: pass, through: through, attack: send("GET", "/public/..%2fadmin", ""),
			naive: gateway(func(r *http.Request) bool { return below(r.URL.EscapedPath()) }, func(r *http.Request) string {
				rest, _ := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/public"))
				return path.Clean(rest)
			})},
		"CVE-2026-54763": {ours: inventory, honest: honest, pass: pass, through: through,
			attack: send("GET", "/admin", "", "X_User", "root"),
			naive: func(*testing.T) http.Handler {
				inner := gateway(func(r *http.Request) bool { // as a gateway does that turns header names into variables
					for name := range r.Header {
						if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), "X-User") {
							return true
						}
					}
					return false
				}, asSent)(nil)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Del("X-User")
					inner.ServeHTTP(w, r)
				})
			}},
	}
}
