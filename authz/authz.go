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

// The ways to refuse somebody who is known. Somebody who is not is refused with
// authn.ErrNoCredentials.
var (
	// ErrInsufficientScope: the principal would be admitted with more scopes.
	ErrInsufficientScope = &httperr.Error{Status: http.StatusForbidden, Code: "insufficient_scope", Message: "The credentials lack a scope that this needs."}

	// ErrForbidden: no scope would help.
	ErrForbidden = &httperr.Error{Status: http.StatusForbidden, Code: "forbidden", Message: "The caller is not allowed to do this."}
)

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Require is what a principal must have. Required. Lists without an entry,
	// entries that are there twice, and malformed ones are refused.
	Require Requirement

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. The challenge is in the Header of the *httperr.Error that
	// it is given.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that reaches Handler,
	// before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// Decision is what the middleware decided about a request.
type Decision struct {
	Rule      string           // Requirement.String of Config.Require
	Principal *authn.Principal // nil if there is none
	Err       error            // nil if the request passes
}

// Middleware runs a handler for principals that meet a Requirement. It is safe
// for concurrent use; make one with New.
type Middleware struct {
	require Requirement
	rule    string
	deny    func(http.ResponseWriter, *http.Request, error)
	observe func(*http.Request, Decision)

	// The refusals are made once, as nothing in them is of the request.
	errUnknown        error
	errNeedsScopes    error // for bearer tokens, with a challenge
	errNeedsScopesKey error // for all others, without
	errForbidden      error
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. Its Field is the path of what is at fault, such as
// Require.All[1].Scopes[0].
func New(cfg Config) (*Middleware, error) {
	f := httperr.ConfigFaults{Package: "authz"}
	cfg.Require.check(&f, "Require")
	if err := f.Err(); err != nil {
		return nil, err
	}
	scope := ""
	if list := cfg.Require.needed(); len(list) > 0 {
		scope = `scope="` + strings.Join(list, " ") + `"`
	}
	m := &Middleware{
		require:           cfg.Require,
		rule:              cfg.Require.String(),
		deny:              cfg.Deny,
		observe:           cfg.Observe,
		errUnknown:        challenge(authn.ErrNoCredentials.With(errNoPrincipal), scope),
		errNeedsScopes:    challenge(ErrInsufficientScope, `error="insufficient_scope"`, scope),
		errNeedsScopesKey: ErrInsufficientScope,
		errForbidden:      ErrForbidden,
	}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	return m, nil
}

var errNoPrincipal = errors.New("authz: there is no principal; is the route inside of authn?")

// Check decides whether the principal of r may pass. It is nil, or
//
//   - authn.ErrNoCredentials: there is no principal, or one without a Subject,
//     which is nobody;
//   - ErrInsufficientScope: it would pass with more scopes;
//   - ErrForbidden: no scope would help.
//
// It neither writes a response nor changes r. It allocates only where there is
// no principal behind an optional authn.
func (m *Middleware) Check(r *http.Request) error {
	_, err := m.check(r)
	return err
}

func (m *Middleware) check(r *http.Request) (*authn.Principal, error) {
	p, _ := authn.FromContext(r.Context())
	if p == nil || p.Subject == "" {
		return nil, m.unknown(r)
	}
	switch m.require.evaluate(p) {
	case granted:
		return p, nil
	case needsScopes:
		// An API key or a session is no bearer token. Its holder would be told
		// to try a scheme that the service may not even know.
		if p.Kind != "jwt" && p.Kind != "" {
			return p, m.errNeedsScopesKey
		}
		return p, m.errNeedsScopes
	default:
		return p, m.errForbidden
	}
}

// unknown returns the refusal of a caller that nobody knows. An authn that let
// him pass, being optional, has said how he could have made himself known; only
// without one is the challenge a guess.
func (m *Middleware) unknown(r *http.Request) error {
	rec := carrier.From(r.Context())
	if rec == nil {
		return m.errUnknown
	}
	challenges := rec.Facts().Challenges
	if len(challenges) == 0 {
		return m.errUnknown
	}
	e := authn.ErrNoCredentials.With(errNoPrincipal)
	e.Header = http.Header{"Www-Authenticate": challenges}
	return e
}

// Handler runs next for requests that Check lets pass. Others are answered by
// Deny, and next does not run. The rule goes into the record of the request,
// whatever was decided.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("authz: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := m.check(r)
		// Without a record there is no principal either, and nobody outside who
		// would read the rule.
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
