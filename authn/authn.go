package authn

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Authenticator judges one kind of credential. It must be safe for concurrent
// use.
type Authenticator interface {
	// Present reports whether r carries a credential of this kind, however
	// malformed. It is asked before any Authenticate and must be cheap. New asks
	// it too, about requests that nobody has sent.
	Present(r *http.Request) bool

	// Authenticate returns whom the credential in r stands for. Its errors are
	// those of this package, perhaps wrapped; what becomes of any other is
	// described at httperr.Write, and mostly is 500.
	Authenticate(r *http.Request) (*Principal, error)

	// Challenge returns the value of WWW-Authenticate (RFC 9110, section
	// 11.6.1) that goes with err: ErrNoCredentials, ErrAmbiguous, or what else
	// Authenticate returned with the status 401. An empty one is left out. realm
	// is ready to be put into a quoted-string.
	Challenge(realm string, err error) string

	// An Authenticator that reads one header of its own may also have a method
	//
	//	CredentialHeader() string
	//
	// New then refuses a second Authenticator that takes every value of that
	// header for its own.
}

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Authenticators judge the credentials, one for each kind that is accepted:
	// at least one, and at most one that takes each bearer token for its own, or
	// each value of a header that an apikey.Authenticator reads, which New finds
	// by asking Present. Of headers that only others read it knows nothing: two
	// that take each value of one refuse each other's, as ErrAmbiguous. Issuers
	// are no kinds: one jwtauth.Verifier takes several.
	Authenticators []Authenticator

	// Realm names the protected space in challenges. It is printable ASCII
	// without quotes and backslashes. Default: none is sent.
	Realm string

	// Optional lets requests without a credential of the configured kinds pass,
	// without a Principal. A bad credential is refused all the same.
	Optional bool

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. The challenges, which a 401 must carry (RFC 9110, section
	// 15.5.2) and with a bearer token the 400 of ErrAmbiguous too (RFC 6750,
	// section 3), are in the Header of the *httperr.Error that it is given. Other
	// requests are given the same: its WithHeader makes a copy to change.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that reaches Handler,
	// before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// Decision is what the middleware decided about a request.
type Decision struct {
	Principal *Principal // nil if there is none
	Err       error      // nil if the request passes
}

// Middleware runs a handler for authenticated requests only. It is safe for
// concurrent use; make one with New.
type Middleware struct {
	candidates []candidate
	realm      string
	optional   bool
	deny       func(http.ResponseWriter, *http.Request, error)
	observe    func(*http.Request, Decision)
	missing    *httperr.Error     // ErrNoCredentials with all challenges
	ambiguous  [][]*httperr.Error // see ambiguousPairs
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{
		realm:    cfg.Realm,
		optional: cfg.Optional,
		deny:     cfg.Deny,
		observe:  cfg.Observe,
	}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	f := httperr.ConfigFaults{Package: "authn"}
	if len(cfg.Authenticators) == 0 {
		f.Add("Authenticators", nil, "no request could ever be authenticated", "add at least one, such as a *jwtauth.Verifier")
	}
	for i, a := range cfg.Authenticators {
		if nilcheck.Nil(a) {
			f.Add(fmt.Sprintf("Authenticators[%d]", i), nil, "is nil", "check the error of the constructor that returned it")
		}
	}
	if f.Len() == 0 {
		checkKinds(&f, cfg.Authenticators)
	}
	if !field.Quoted(cfg.Realm) {
		f.Add("Realm", cfg.Realm, "it goes into a quoted-string", "use printable ASCII without quotes and backslashes")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	m.candidates = candidates(m.realm, cfg.Authenticators)
	m.missing = withChallenges(ErrNoCredentials, m.realm, cfg.Authenticators...)
	m.ambiguous = ambiguousPairs(m.realm, cfg.Authenticators)
	return m, nil
}

// Check decides who sent r. It returns a nil Principal without an error only if
// r carries no credential and the Config says Optional. It neither writes a
// response nor changes r.
func (m *Middleware) Check(r *http.Request) (*Principal, error) {
	first := -1
	for i := range m.candidates {
		switch {
		case !m.candidates[i].Present(r):
		case first < 0:
			first = i
		default:
			return nil, m.ambiguous[first][i]
		}
	}
	if first < 0 {
		if m.optional {
			return nil, nil
		}
		return nil, m.missing
	}
	by := &m.candidates[first]
	p, err := by.Authenticate(r)
	switch {
	case err != nil:
		return nil, m.challenged(by, err)
	case p == nil || p.Subject == "":
		// Fail closed: without this, a faulty Authenticator would let through
		// requests whose owner nobody knows.
		return nil, httperr.ErrInternal.With(fmt.Errorf("authn: %T returned no principal", by.Authenticator))
	}
	return p, nil
}

// Handler runs next for requests that Check lets pass, with the Principal in
// the context. Others are answered by Deny, and next does not run.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("authn: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, r := carrier.Ensure(r)
		p, err := m.Check(r)
		happened := event(p, err)
		rec.Update(func(f *carrier.Facts) {
			// Also when there is none: a principal that an outer layer found has
			// no say on a route that demands another kind of credential.
			note(f, p)
			f.Events |= happened
			if p == nil {
				// authz, further inside, may refuse whom Optional let pass.
				f.Challenges = m.missing.Header[headerChallenge]
			}
		})
		if m.observe != nil {
			m.observe(r, Decision{Principal: p, Err: err})
		}
		if err != nil {
			m.deny(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// event returns what the audit trail says of the outcome. That somebody failed
// to authenticate is not said where nobody was judged.
func event(p *Principal, err error) carrier.Events {
	switch e, ok := errors.AsType[*httperr.Error](err); {
	case err == nil && p == nil:
		return 0 // anonymous, and welcome
	case err == nil:
		return carrier.AuthSucceeded
	case ok && (e == ErrUnavailable || e.Is(ErrUnavailable)):
		return carrier.StoreDegraded
	case ok && e.Status >= 500:
		return 0 // a fault of ours
	case !ok && errors.Is(err, context.Canceled):
		return 0 // the client left
	}
	return carrier.AuthFailed
}
