package object

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// A Guard admits callers to the objects that they own. It is safe for concurrent use; make
// one with New.
type Guard[T any, K comparable] struct {
	cfg         Config[T, K]
	description Description
	rule        string
	nilable     bool // a T may be nil
}

// Description returns the policy of g.
func (g *Guard[T, K]) Description() Description {
	d := g.description
	d.OrRole, d.UnderWildcards = slices.Clone(d.OrRole), slices.Clone(d.UnderWildcards)
	return d
}

// Check loads the object of r and decides whether the caller may use it. The error is
//
//   - authn.ErrNoCredentials: r has no principal, or a principal without a Subject;
//   - httperr.ErrNotFound: there is no such object for this caller;
//   - ErrUnavailable: Load has failed.
//
// With Config.Under, Check also checks the parent, unless its guard has run already. It
// neither writes a response nor changes r. A panic of a function of Config passes through.
func (g *Guard[T, K]) Check(r *http.Request) (T, error) {
	f, err := g.check(r, false)
	return f.object, err
}

// check is Check. With asParent, the request is about a child of the object.
func (g *Guard[T, K]) check(r *http.Request, asParent bool) (finding[T, K], error) {
	p, err := callerOf(r)
	if err != nil {
		return finding[T, K]{}, err
	}
	if g.parentMissing(r, p) {
		if r, err = g.cfg.Under.admit(r); err != nil {
			return finding[T, K]{}, err
		}
	}
	return g.judge(r, p, asParent)
}

// admit returns a copy of r with the object that Check finds for a child.
func (g *Guard[T, K]) admit(r *http.Request) (*http.Request, error) {
	f, err := g.check(r, true)
	if err != nil {
		return nil, err
	}
	return g.attach(r, f), nil
}

// callerOf returns the principal of r.
func callerOf(r *http.Request) (*authn.Principal, error) {
	p, _ := authn.FromContext(r.Context())
	if p == nil || p.Subject == "" {
		return nil, noCredentials(r.Context())
	}
	return p, nil
}

// parentMissing reports whether the guard of the parent has to run before g.
func (g *Guard[T, K]) parentMissing(r *http.Request, p *authn.Principal) bool {
	if !g.cfg.Under.given {
		return false
	}
	_, ok := g.cfg.Under.find(r.Context(), p)
	return !ok
}

// judge loads the object and decides. The guard of the parent has admitted r, if there is
// one.
func (g *Guard[T, K]) judge(r *http.Request, p *authn.Principal, asParent bool) (none finding[T, K], err error) {
	ctx := r.Context()
	key, ok := g.cfg.Key(r)
	if !ok {
		return none, errKey
	}
	object, ok, err := g.cfg.Load(ctx, key)
	switch {
	case err != nil:
		return none, ErrUnavailable.With(err)
	case !ok:
		return none, errMissing
	case g.nilable && isNil(object):
		return none, errNil
	}
	parent := standing{owned: true, inTenant: true}
	if g.cfg.Under.given {
		if !g.cfg.Under.has(ctx, p, object) {
			return none, errParent
		}
		parent, _ = g.cfg.Under.find(ctx, p)
	}
	s, err := g.stand(object, p, parent)
	if err == nil {
		err = g.refusal(p, s, asParent || r.Method == http.MethodGet || r.Method == http.MethodHead)
	}
	if err != nil {
		return none, err
	}
	return finding[T, K]{object, key, s}, nil
}

// stand returns the relation of p to an object. The owner and the tenant of the parent count
// where Config has no function for them.
func (g *Guard[T, K]) stand(object T, p *authn.Principal, parent standing) (standing, error) {
	s := standing{caller: p, owned: parent.owned, inTenant: parent.inTenant}
	if g.cfg.Owner != nil {
		o := g.cfg.Owner(object)
		if o.Issuer == "" {
			o.Issuer = g.cfg.Issuer
		}
		if !o.complete() {
			return s, errNoOwner
		}
		s.owned = o == Owner{p.Issuer, p.Subject}
	}
	if g.cfg.Tenant != nil {
		tenant := g.cfg.Tenant(object)
		if tenant == "" {
			return s, errTenant
		}
		s.inTenant = tenant == p.Tenant
	}
	s.owned = s.owned && s.inTenant
	return s, nil
}

// refusal returns nil if a caller with the standing s may use the object. reads says that the
// request does not change it.
func (g *Guard[T, K]) refusal(p *authn.Principal, s standing, reads bool) error {
	switch {
	case s.owned:
		return nil
	case (s.inTenant || g.cfg.AcrossTenants) && slices.ContainsFunc(g.cfg.OrRole, p.HasRole):
		return nil
	case s.inTenant && (g.cfg.OthersAct || g.cfg.OthersRead && reads):
		return nil
	case !s.inTenant:
		return errTenant
	}
	return errForeign
}

// isNil reports whether v is nil, or has a nil pointer or a nil map inside.
func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return r.IsNil()
	default:
		return false
	}
}

// Handler runs next for requests that Check lets pass, with the object in the context; see
// From. Deny answers all other requests, and next does not run. The record of the request
// gets the policy of g, and whether the caller owns the object.
//
// With Config.Under, the guard of the parent runs first. If it refuses, its own Deny answers.
//
// The returned handler also has a method Requirement() string. It returns the policy, so that
// a walk over the routes of a router can list it.
func (g *Guard[T, K]) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("object: Handler of a nil http.Handler")
	}
	return g.handler(next, false)
}

// handler is Handler. With asParent, next is the handler of a guard of children.
func (g *Guard[T, K]) handler(next http.Handler, asParent bool) http.Handler {
	h := &guarded[T, K]{g: g, next: next, asParent: asParent}
	if g.cfg.Under.given {
		h.parent = g.cfg.Under.handler(h)
	}
	return h
}

// guarded is the handler that Handler returns.
type guarded[T any, K comparable] struct {
	g        *Guard[T, K]
	next     http.Handler
	parent   http.Handler // runs the guard of the parent and then this handler; may be nil
	asParent bool         // next is a guard of children
}

// Requirement returns the policy.
func (h *guarded[T, K]) Requirement() string { return h.g.rule }

func (h *guarded[T, K]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := h.g
	p, err := callerOf(r)
	var f finding[T, K]
	if err == nil {
		if g.parentMissing(r, p) {
			h.parent.ServeHTTP(w, r)
			return
		}
		f, err = g.judge(r, p, h.asParent)
	}
	// A request without a record has no principal, and no outer layer that would read it.
	if rec := carrier.From(r.Context()); rec != nil {
		events := eventsOf(r.Context(), err)
		rec.Update(func(facts *carrier.Facts) {
			facts.Rule = g.rule
			facts.Owned = f.owned
			facts.Events |= events
		})
	}
	if g.cfg.Observe != nil {
		g.cfg.Observe(r, Decision{Name: g.cfg.Name, Principal: p, Owned: f.owned, Err: err})
	}
	if err != nil {
		g.cfg.Deny(w, r, err)
		return
	}
	c := g.attach(r, f)
	defer carrier.Restore(r, c)
	h.next.ServeHTTP(w, c)
}
