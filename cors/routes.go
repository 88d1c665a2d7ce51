package cors

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
	"github.com/go-sallyport/sallyport/internal/exemptpath"
	"github.com/go-sallyport/sallyport/internal/muxpattern"
)

// compiled is a whole Config.
type compiled struct {
	policy
	routes *http.ServeMux // of *policy; nil without Config.Routes
	none   policy         // grants nothing
}

// ServeHTTP makes a policy a handler of compiled.routes. It is never called.
func (p *policy) ServeHTTP(http.ResponseWriter, *http.Request) {}

// compile compiles cfg with its Routes.
func compile(cfg *Config) (*compiled, error) {
	f := httperr.ConfigFaults{Package: "cors"}
	c := new(compiled)
	f.AddAll("", c.compile(cfg))
	if len(cfg.Routes) > 0 {
		c.routes = compileRoutes(cfg, &f)
		c.none = policy{denied: crossorigin.Answer{Varies: true}, deny: c.deny, observe: c.observe}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// policyOf returns the policy for the path of r. Some routers decode a path, or remove "//" and
// "..", before they compare it. If that leads to another policy, no origin is granted.
func (c *compiled) policyOf(r *http.Request) *policy {
	if c.routes == nil {
		return &c.policy
	}
	p := c.lookUp(r)
	plain := exemptpath.Plain(r.URL)
	if r.URL.RawPath == "" && plain == r.URL.Path {
		return p
	}
	if c.lookUp(&http.Request{Method: r.Method, Host: r.Host, URL: &url.URL{Path: plain}}) != p {
		return &c.none
	}
	return p
}

// lookUp returns the policy of the pattern that matches r. A path that a ServeMux would redirect
// has the policy of the rest.
func (c *compiled) lookUp(r *http.Request) *policy {
	h, _ := c.routes.Handler(r)
	if p, ok := h.(*policy); ok {
		return p
	}
	return &c.policy
}

// compileRoutes returns a ServeMux with a policy for each pattern.
func compileRoutes(cfg *Config, f *httperr.ConfigFaults) *http.ServeMux {
	mux := http.NewServeMux()
	patterns := make([]string, 0, len(cfg.Routes))
	for pattern := range cfg.Routes {
		patterns = append(patterns, pattern)
	}
	slices.Sort(patterns)
	for _, pattern := range patterns {
		field, route := "Routes["+strconv.Quote(pattern)+"]", cfg.Routes[pattern]
		switch {
		case strings.ContainsAny(pattern, " \t"):
			f.Add(field, nil, "a preflight has the method OPTIONS, so a pattern with a method never matches it", "write the path alone")
			continue
		case len(route.Routes) > 0:
			f.Add(field+".Routes", nil, "a route has no routes of its own", "list all patterns in one map")
		case route.Deny != nil || route.Observe != nil:
			f.Add(field, nil, "Deny and Observe are those of the whole Config", "set them there")
		}
		route.Deny, route.Observe = cfg.Deny, cfg.Observe
		p := new(policy)
		f.AddAll(field+".", p.compile(&route))
		if refusal := muxpattern.Add(mux, pattern, p); refusal != "" {
			f.Add(field, nil, "http.ServeMux refuses the pattern: "+refusal,
				"correct the pattern, or remove one of two that match the same requests")
		}
	}
	return mux
}
