package authz

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

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
		Message: "The credentials lack a scope that this needs.",
	}

	// ErrForbidden: the principal would not pass with more scopes.
	ErrForbidden = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "forbidden",
		Message: "The caller is not allowed to do this.",
	}
)

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Require is the requirement that a principal must meet. Required. New refuses an
	// empty list of scopes, roles or parts, and a duplicate or malformed element.
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
	errNeedsScopes   error // for a bearer token: ErrInsufficientScope with a challenge
	scope            string
	withMetadata     atomic.Pointer[metadataRefusal] // the last one
}

// A metadataRefusal is errNeedsScopes with the URL of the metadata of the service (RFC
// 9728, section 5.1). The URL is that of the authn around it, so it hardly ever changes.
type metadataRefusal struct {
	url string
	err error
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
		errNeedsScopes:   withBearerChallenge(ErrInsufficientScope, `error="insufficient_scope"`, scope),
		scope:            scope,
	}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	return m, nil
}

var errNoPrincipal = errors.New("authz: there is no principal; is the route inside of authn?")

// Check decides whether the principal of r may pass. It returns nil, or
//
//   - authn.ErrNoCredentials: r has no principal, or a principal without a Subject,
//     which identifies no caller;
//   - ErrInsufficientScope: the principal would pass with more scopes;
//   - ErrForbidden: the principal would not pass with more scopes.
//
// It neither writes a response nor changes r. It allocates only for a request
// without a principal behind an optional authn.
func (m *Middleware) Check(r *http.Request) error {
	_, err := m.check(r)
	return err
}

func (m *Middleware) check(r *http.Request) (*authn.Principal, error) {
	p, _ := authn.FromContext(r.Context())
	if p == nil || p.Subject == "" {
		return nil, m.noCredentials(r)
	}
	switch m.require.evaluate(p) {
	case granted:
		return p, nil
	case needsScopes:
		// An API key or a session is not a bearer token. A Bearer challenge would
		// send its holder to a scheme that the service may not accept.
		if p.Kind != "jwt" && p.Kind != "" {
			return p, ErrInsufficientScope
		}
		return p, m.needsScopes(r)
	default:
		return p, ErrForbidden
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

// needsScopes returns the refusal of a bearer token that lacks scopes.
func (m *Middleware) needsScopes(r *http.Request) error {
	c := challengesOf(r)
	if c == nil || c.ResourceMetadata == "" {
		return m.errNeedsScopes
	}
	last := m.withMetadata.Load()
	if last == nil || last.url != c.ResourceMetadata {
		last = &metadataRefusal{c.ResourceMetadata, withBearerChallenge(ErrInsufficientScope,
			`error="insufficient_scope"`, m.scope, `resource_metadata="`+c.ResourceMetadata+`"`)}
		m.withMetadata.Store(last)
	}
	return last.err
}

// challengesOf returns the challenges of the authn around m, or nil.
func challengesOf(r *http.Request) *carrier.Challenges {
	if rec := carrier.From(r.Context()); rec != nil {
		return rec.Facts().Challenges
	}
	return nil
}

// Handler runs next for requests that Check lets pass. Deny answers all other
// requests, and next does not run. The record of the request gets the rule in both
// cases.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("authz: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := m.check(r)
		// A request without a record has no principal, and no outer layer that would
		// read the rule.
		if rec := carrier.From(r.Context()); rec != nil {
			rec.Update(func(f *carrier.Facts) {
				if f.Rule = m.rule; err != nil {
					f.Events |= carrier.AuthzDenied
				}
			})
		}
		if m.observe != nil {
			m.observe(r, Decision{Rule: m.rule, Principal: p, Err: err})
		}
		if err != nil {
			m.deny(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
