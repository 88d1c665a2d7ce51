package resource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Config configures a Metadata. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Resource is the resource identifier (RFC 9728, section 1.2): the URL that clients
	// call, with the scheme https, or http for a loopback address. A query and a fragment
	// are refused, and so is a path that a router would change: with %, {, }, // or dots as
	// a segment. Required.
	Resource string

	// AuthorizationServers are the issuers of the tokens that the service accepts, each
	// exactly as in its own metadata (RFC 8414). Required.
	AuthorizationServers []string

	// Scopes are the scopes that a client may ask for (scopes_supported). Scopes for
	// administrators need not be among them. Default: the member is left out.
	Scopes []string

	// Name is the name of the service for people (resource_name). Documentation is the URL
	// of a page for developers (resource_documentation). Default: left out.
	Name          string
	Documentation string
}

// Metadata is the handler of the metadata document. It is safe for concurrent use; make
// one with New.
type Metadata struct {
	url, path  string
	body, size string
}

const (
	wellKnown    = "/.well-known/oauth-protected-resource"
	cacheControl = "public, max-age=3600"
	allowed      = "GET, HEAD, OPTIONS"
)

var errMethod = httperr.ErrMethodNotAllowed.WithHeader("Allow", allowed)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Metadata, error) {
	f := httperr.ConfigFaults{Package: "resource"}
	checkURL(&f, "Resource", cfg.Resource, "https://notes.example/mcp")
	if len(cfg.AuthorizationServers) == 0 {
		f.Add("AuthorizationServers", nil, "is empty, so no client could get a token", "name the issuers that the service trusts")
	}
	for n, s := range cfg.AuthorizationServers {
		checkURL(&f, fmt.Sprintf("AuthorizationServers[%d]", n), s, "https://issuer.example")
	}
	for n, s := range cfg.Scopes {
		if !field.Scope(s) {
			f.Add(fmt.Sprintf("Scopes[%d]", n), s, "is not a scope-token (RFC 6749, section 3.3)",
				"use visible ASCII without quotes and backslashes, one entry for each scope")
		}
	}
	if cfg.Documentation != "" {
		if reason, fix := claim.URLFault(cfg.Documentation); reason != "" {
			f.Add("Documentation", nil, reason, fix)
		}
	}
	u, err := url.Parse(cfg.Resource)
	if err == nil && !isPlainPath(u) {
		f.Add("Resource", nil, "has a path that a router would change or read as a pattern",
			"use a path without %, {, }, // and dots as a segment")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(document{
		Resource: cfg.Resource, AuthorizationServers: cfg.AuthorizationServers, BearerMethods: []string{"header"},
		Scopes: cfg.Scopes, Name: cfg.Name, Documentation: cfg.Documentation,
	})
	if err != nil {
		return nil, err
	}
	m := &Metadata{path: wellKnown, body: string(body), size: strconv.Itoa(len(body))}
	if u.Path != "/" { // a slash that only ends the host is left out (RFC 9728, section 3.1)
		m.path += u.Path
	}
	m.url = u.Scheme + "://" + u.Host + m.path
	return m, nil
}

// A document is the metadata (RFC 9728, section 2). A member without a value is left out.
type document struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	Scopes               []string `json:"scopes_supported,omitempty"`
	Name                 string   `json:"resource_name,omitempty"`
	Documentation        string   `json:"resource_documentation,omitempty"`
}

// isPlainPath reports whether a router matches the path of u as it is.
func isPlainPath(u *url.URL) bool {
	p := u.Path
	if p == "" || p == "/" {
		return true
	}
	return !strings.ContainsAny(u.EscapedPath(), "%{}") && path.Clean(p) == strings.TrimSuffix(p, "/")
}

// Every page may read the document, also if a policy of package cors is around the handler.
var (
	publicAnswer    = &crossorigin.Answer{Granted: true, Origin: "*"}
	preflightAnswer = &crossorigin.Answer{Granted: true, Origin: "*", Preflight: true}
)

// checkURL adds the fault of the identifier of a resource or of an issuer.
func checkURL(f *httperr.ConfigFaults, name, text, example string) {
	reason, fix := claim.URLFault(text)
	if reason == "" && strings.Contains(text, "?") {
		reason, fix = "has a query", "leave it out"
	}
	if reason != "" {
		f.Add(name, nil, reason, fix+", as in "+example)
	}
}

// URL returns the URL of the document, for authn.Config.ResourceMetadata.
func (m *Metadata) URL() string { return m.url }

// Path returns the path of URL, the pattern for a router:
// /.well-known/oauth-protected-resource and the path of Resource.
func (m *Metadata) Path() string { return m.path }

// ServeHTTP answers GET and HEAD with the document, and OPTIONS for the preflight request
// of any origin. It refuses other methods with 405, and a path other than Path with 404.
// Caches may keep the document for an hour.
func (m *Metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	answer := publicAnswer
	if r.Method == http.MethodOptions {
		answer = preflightAnswer
	}
	answer.Set(h, carrier.From(r.Context()), "")
	switch {
	case r.URL.Path != m.path:
		httperr.Write(w, r, httperr.ErrNotFound)
	case r.Method == http.MethodOptions:
		h.Set("Allow", allowed)
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "*") // clients of MCP send MCP-Protocol-Version
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		httperr.Write(w, r, errMethod)
	default:
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", m.size)
		h.Set("Cache-Control", cacheControl)
		h.Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(m.body)) // if the client has left, the error does not matter
		}
	}
}
