package object

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
)

// A finding is an object that a guard admits, and the reasons.
type finding[T any, K comparable] struct {
	object T
	key    K
	standing
}

// A standing is the relation of a caller to an object that a guard has admitted.
type standing struct {
	caller   *authn.Principal
	owned    bool // the caller owns the object, in its tenant
	inTenant bool // the object is in the tenant of the caller, or there are no tenants
}

// of reports whether s is about p. An inner authn may have replaced the principal after the
// guard has decided.
func (s *standing) of(p *authn.Principal) bool {
	return p != nil && (p == s.caller ||
		p.Issuer == s.caller.Issuer && p.Subject == s.caller.Subject && p.Tenant == s.caller.Tenant)
}

// admitted is the context that carries a finding to the handler. It is also the request with
// this context: one allocation instead of three.
type admitted[T any, K comparable] struct {
	context.Context
	request http.Request
	guard   *Guard[T, K]
	finding[T, K]
}

// attach returns a copy of r that carries f.
func (g *Guard[T, K]) attach(r *http.Request, f finding[T, K]) *http.Request {
	a := &admitted[T, K]{Context: r.Context(), guard: g, finding: f}
	a.request = *r.WithContext(a) // the compiler keeps the intermediate copy on the stack
	return &a.request
}

// Value implements context.Context. The key is the guard, so that two guards of one type stay
// apart.
func (a *admitted[T, K]) Value(k any) any {
	if g, ok := k.(*Guard[T, K]); ok && g == a.guard {
		return a
	}
	return a.Context.Value(k)
}

// String keeps the object secret if the context is printed by mistake.
func (a *admitted[T, K]) String() string { return "sallyport object" }

// GoString is String for the verb %#v.
func (a *admitted[T, K]) GoString() string { return a.String() }

// lookup returns the object that g has admitted for p in ctx, or nil.
func (g *Guard[T, K]) lookup(ctx context.Context, p *authn.Principal) *finding[T, K] {
	if a, ok := ctx.Value(g).(*admitted[T, K]); ok && a.of(p) {
		return &a.finding
	}
	return nil
}

// From returns the object that g has checked for the request of ctx: the very object that
// Load returned. ok is false if the handler is not behind g, or if an inner authn has replaced
// the caller since.
func (g *Guard[T, K]) From(ctx context.Context) (object T, ok bool) {
	p, _ := authn.FromContext(ctx)
	if f := g.lookup(ctx, p); f != nil {
		return f.object, true
	}
	return object, false
}
