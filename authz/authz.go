package authz

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// The refusals of an authenticated caller. A caller without a principal is refused
// with authn.ErrNoCredentials.
var (
	// ErrInsufficientScope: the principal would pass with more scopes.
	ErrInsufficientScope = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "insufficient_scope",
		Message: "The credentials lack a scope that this needs. Use credentials that have it.",
	}

	// ErrLoginRequired: the principal would pass after a new or a stronger login (RFC 9470).
	// The challenge says which.
	ErrLoginRequired = &httperr.Error{
		Status:  http.StatusUnauthorized,
		Code:    "insufficient_user_authentication",
		Message: "This needs a newer or a stronger login. Log in again.",
	}

	// ErrForbidden: the principal would pass neither with more scopes nor after a login.
	ErrForbidden = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "forbidden",
		Message: "The caller is not allowed to do this. Ask the operator of the service for access.",
	}

	// ErrUnavailable: a Decider has failed.
	ErrUnavailable = &httperr.Error{
		Status:  http.StatusServiceUnavailable,
		Code:    "authorization_unavailable",
		Message: "Authorization is not available at the moment. Try again later.",
		Header:  http.Header{"Retry-After": {"1"}},
	}
)

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Require is the requirement that a principal must meet. Required. New refuses an
	// empty list of scopes, roles, tenants, networks or parts, a duplicate or malformed
	// element, a nil Decider, and an All whose parts exclude each other's ACR.
	Require Requirement

	// Deny answers a refused request; next does not run. Nil means httperr.Write.
	// The challenge is in the Header of the *httperr.Error that Deny receives.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the decision on every request that reaches Handler, before
	// the response begins. It must not block. Nil means that no observer runs.
	Observe func(*http.Request, Decision)
}

// Decision is the decision of the middleware about a request.
type Decision struct {
	Rule      string           // Config.Require.String()
	Principal *authn.Principal // nil if the request has no principal
	Err       error            // nil if the request passes
	Reason    string           // Ruling.Reason of the last Decider with the result of Err; may be empty
}

// Middleware runs a handler for principals that meet a Requirement. It is safe
// for concurrent use; make one with New.
type Middleware struct {
	require Requirement
	rule    string
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)

	// The refusals are made once, because they contain nothing of the request.
	errNoCredentials error
	needsScopes      challengedRefusal
	needsLogin       challengedRefusal
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. The Field of a fault is a path such as
// Require.All[1].Scopes[0].
func New(cfg Config) (*Middleware, error) {
	f := httperr.ConfigFaults{Package: "authz"}
	cfg.Require.check(&f, "Require")
	if err := f.Err(); err != nil {
		return nil, err
	}
	scope := ""
	if list, choice := cfg.Require.scopesToRequest(); len(list) > 0 && !choice {
		scope = `scope="` + strings.Join(list, " ") + `"`
	}
	m := &Middleware{
		require:          cfg.Require,
		rule:             cfg.Require.String(),
		deny:             cfg.Deny,
		observe:          cfg.Observe,
		errNoCredentials: withBearerChallenge(authn.ErrNoCredentials.With(errNoPrincipal), scope),
	}
	m.needsScopes.init(ErrInsufficientScope, `error="insufficient_scope"`, scope)
	m.needsLogin.init(ErrLoginRequired, cfg.Require.loginParams()...)
	if m.deny == nil {
		m.deny = httperr.Write
	}
	return m, nil
}

var (
	errNoPrincipal = errors.New("authz: there is no principal; is the route inside of authn?")
	errMisplaced   = httperr.ErrInternal.With(errNoClient)
)

// Check decides whether the principal of r may pass. It returns nil, or
//
//   - authn.ErrNoCredentials: r has no principal, or a principal without a Subject,
//     which identifies no caller;
//   - ErrLoginRequired: the principal would pass after a new or a stronger login;
//   - ErrInsufficientScope: the principal would pass with more scopes;
//   - ErrForbidden: neither helps;
//   - ErrUnavailable: a Decider has failed, and no other part decides;
//   - httperr.ErrInternal: there is an IPAllow, and no clientip around it.
//
// It neither writes a response nor changes r. It allocates only for a refusal or an
// error of a Decider, and for a request without a principal behind an optional authn.
func (m *Middleware) Check(r *http.Request) error {
	_, err := m.check(r)
	return err
}

func (m *Middleware) check(r *http.Request) (query, error) {
	p, _ := authn.FromContext(r.Context())
	if p == nil || p.Subject == "" {
		return query{}, m.noCredentials(r)
	}
	in := query{request: r, principal: p}
	return in, m.refusal(m.require.evaluate(&in), &in)
}

// refusal returns the error for a verdict.
func (m *Middleware) refusal(v verdict, in *query) error {
	// An API key or a session is not a bearer token. A Bearer challenge would send its
	// holder to a scheme that the service may not accept.
	bearer := in.principal.Kind == "jwt" || in.principal.Kind == ""
	switch v {
	case granted:
		return nil
	case needsScopes:
		if !bearer {
			return ErrInsufficientScope
		}
		return m.needsScopes.bearer(challengesOf(in.request))
	case needsLogin:
		if !bearer {
			return m.needsLogin.anyScheme(challengesOf(in.request))
		}
		return m.needsLogin.bearer(challengesOf(in.request))
	case unavailable:
		return ErrUnavailable.With(in.err)
	case misplaced:
		return errMisplaced
	default:
		if in.refused != "" {
			return ErrForbidden.With(errors.New("authz: " + in.refused))
		}
		return ErrForbidden
	}
}

// noCredentials returns the refusal of a caller without a principal. If an optional
// authn let the caller pass, the refusal has the challenges of its Authenticators.
// Otherwise the accepted schemes are unknown, and Bearer is a guess.
func (m *Middleware) noCredentials(r *http.Request) error {
	c := challengesOf(r)
	if c == nil || len(c.NoCredentials) == 0 {
		return m.errNoCredentials
	}
	e := authn.ErrNoCredentials.With(errNoPrincipal)
	e.Header = http.Header{"Www-Authenticate": c.NoCredentials}
	return e
}

// challengesOf returns the challenges of the authn around m, or nil.
func challengesOf(r *http.Request) *carrier.Challenges {
	if rec := carrier.From(r.Context()); rec != nil {
		return rec.Facts().Challenges
	}
	return nil
}

// Handler runs next for requests that Check lets pass. Deny answers all other
// requests, and next does not run. The record of the request gets the rule, and the
// reason of a Decider, in both cases.
//
// The returned handler also has a method Requirement() string. It returns the rule, so that a
// walk over the routes of a router can list it.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("authz: Handler of a nil http.Handler")
	}
	return &guarded{m, next}
}

// guarded is the handler that Handler returns.
type guarded struct {
	m    *Middleware
	next http.Handler
}

// Requirement returns the rule.
func (h *guarded) Requirement() string { return h.m.rule }

func (h *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := h.m.check(r)
	reason := in.allowed
	if err != nil {
		reason = in.refused
	}
	// A request without a record has no principal, and no outer layer that would
	// read the rule.
	if rec := carrier.From(r.Context()); rec != nil {
		events := eventsOf(&in, err)
		rec.Update(func(f *carrier.Facts) {
			f.Rule, f.Reason = h.m.rule, reason
			f.Events |= events
		})
	}
	if h.m.observe != nil {
		h.m.observe(r, Decision{Rule: h.m.rule, Principal: in.principal, Err: err, Reason: reason})
	}
	if err != nil {
		h.m.deny(w, r, err)
		return
	}
	h.next.ServeHTTP(w, r)
}

// eventsOf returns the events of a decision. A failed Decider is an event also if another
// part has decided.
func eventsOf(in *query, err error) (events carrier.Events) {
	if in.err != nil {
		events |= carrier.StoreDegraded
	}
	if err != nil && !errors.Is(err, ErrUnavailable) && !errors.Is(err, httperr.ErrInternal) {
		events |= carrier.AuthzDenied
	}
	return events
}
