package routes

import (
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// register puts the layers around the handler of r, from the inside to the outside, and
// registers the result.
func (m *Mux) register(f *httperr.ConfigFaults, mux *http.ServeMux, r *Route) {
	h := r.Handler
	wrap := func(field string, handler func(http.Handler) http.Handler) {
		if h == nil {
			return
		}
		if h = handler(h); nilcheck.Nil(h) {
			f.Add(r.field(field), nil, "its Handler returns nil", "return the handler that runs the next one")
			h = nil
		}
	}
	if r.Object != nil {
		wrap("Object", r.Object.Handler)
	}
	if r.Public == "" {
		rule, err := authz.New(authz.Config{Require: r.require(), Deny: m.cfg.Deny, Observe: m.cfg.Observe})
		if err != nil {
			f.AddAll(r.field(""), err)
			return
		}
		wrap("Require", rule.Handler)
	}
	for i := len(r.Limits) - 1; i >= 0; i-- {
		wrap("Limits", r.Limits[i].Handler)
	}
	if r.Public == "" {
		wrap("Authenticate", m.cfg.Authenticate)
	}
	if r.Lifecycle != nil {
		wrap("Lifecycle", r.Lifecycle.Handler)
	}
	if h != nil {
		mux.Handle(r.Pattern, served{h})
	}
}

// require returns the requirement of a route that is not public.
func (r *Route) require() authz.Requirement {
	if r.AnyCaller != "" {
		return authz.Decide(anyCaller{})
	}
	return r.Require
}

// anyCaller admits each principal. Package authz refuses a request without one first.
type anyCaller struct{}

func (anyCaller) String() string { return "any_caller" }

func (anyCaller) Decide(*http.Request, *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{Allow: true}, nil
}

// served is a handler that a route has registered, as opposed to a handler of the router
// itself.
type served struct{ http.Handler }
