package routes

import (
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// An entry is a route that Build has compiled.
type entry struct {
	*Route
	pattern pattern
	handler http.Handler // with the layers around it; nil if the route has a fault
}

// served is the handler of an entry. The type tells it from a handler of the router itself.
type served struct{ http.Handler }

// compile adds the faults of r, and returns its entry.
func (m *Mux) compile(f *httperr.ConfigFaults, r *Route) *entry {
	e := &entry{Route: r, pattern: parse(r.Pattern)}
	before := f.Len()
	e.checkPattern(f)
	e.checkHandler(f)
	e.checkPolicy(f)
	e.checkReasons(f)
	e.checkObject(f)
	e.checkLayers(f)
	var rule *authz.Middleware
	if q := e.require(); !q.IsZero() {
		var err error
		if rule, err = authz.New(authz.Config{Require: q, Deny: m.cfg.Deny, Observe: m.cfg.Observe}); err != nil {
			f.AddAll(e.field(""), err)
		}
	}
	if f.Len() == before {
		e.wrap(f, rule, m.cfg.Authenticate)
	}
	return e
}

// field returns the Field of a fault of e.
func (e *entry) field(name string) string { return fmt.Sprintf("Route[%q].%s", e.Pattern, name) }

// require returns the requirement that package authz judges, or the zero Requirement.
func (e *entry) require() authz.Requirement {
	if e.AnyCaller != "" {
		return authz.Decide(anyCaller{})
	}
	return e.Require
}

// anyCaller admits each principal. Package authz refuses a request without one first.
type anyCaller struct{}

func (anyCaller) String() string { return "any_caller" }

func (anyCaller) Decide(*http.Request, *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{Allow: true}, nil
}

// wrap puts the layers around the handler, from the inside to the outside.
func (e *entry) wrap(f *httperr.ConfigFaults, rule *authz.Middleware, authenticate func(http.Handler) http.Handler) {
	h := e.Handler
	around := func(name string, handler func(http.Handler) http.Handler) {
		if h == nil {
			return
		}
		if h = handler(h); nilcheck.Nil(h) {
			f.Add(e.field(name), nil, "returns a nil handler", "return the handler that runs the next one")
			h = nil
		}
	}
	if e.Object != nil {
		around("Object", e.Object.Handler)
	}
	if rule != nil {
		around("Require", rule.Handler)
	}
	for i := len(e.Limits) - 1; i >= 0; i-- {
		around(fmt.Sprintf("Limits[%d]", i), e.Limits[i].Handler)
	}
	if e.Public == "" && authenticate != nil {
		around("Authenticate", authenticate)
	}
	if e.Lifecycle != nil {
		around("Lifecycle", e.Lifecycle.Handler)
	}
	if h != nil {
		e.handler = served{h}
	}
}
