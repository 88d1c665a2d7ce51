package authn

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	httperr "github.com/go-sallyport/sallyport/errors"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Authenticator judges one kind of credential. It must be safe for concurrent
// use.
type Authenticator interface {
	// Present reports whether r carries a credential of this kind, however
	// malformed. It is asked before any Authenticate and must be cheap.
	Present(r *http.Request) bool

	// Authenticate returns whom the credential in r stands for. Its errors are
	// those of this package, perhaps wrapped; what becomes of any other is
	// described at httperr.Write, and mostly is 500.
	Authenticate(r *http.Request) (*Principal, error)

	// Challenge returns the value of WWW-Authenticate (RFC 9110, section
	// 11.6.1) that goes with err: ErrNoCredentials, or what Authenticate
	// returned. An empty one is left out. realm is ready to be put into a
	// quoted-string.
	Challenge(realm string, err error) string
}

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Authenticators judge the credentials, one for each kind that is accepted.
	// At least one is required.
	Authenticators []Authenticator

	// Realm names the protected space in challenges. It is printable ASCII
	// without quotes and backslashes. Default: none is sent.
	Realm string

	// Optional lets requests without a credential of the configured kinds pass,
	// without a Principal. A bad credential is refused all the same.
	Optional bool

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. The challenges, which a 401 must carry (RFC 9110, section
	// 15.5.2), are in the Header of the *httperr.Error that it is given.
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
	authenticators []Authenticator
	realm          string
	optional       bool
	deny           func(http.ResponseWriter, *http.Request, error)
	observe        func(*http.Request, Decision)
	missing        *httperr.Error // ErrNoCredentials with all challenges
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{
		authenticators: slices.Clone(cfg.Authenticators),
		realm:          cfg.Realm,
		optional:       cfg.Optional,
		deny:           cfg.Deny,
		observe:        cfg.Observe,
	}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	f := httperr.ConfigFaults{Package: "authn"}
	if len(m.authenticators) == 0 {
		f.Add("Authenticators", nil, "no request could ever be authenticated", "add at least one, such as a *jwtauth.Verifier")
	}
	for i, a := range m.authenticators {
		if v := reflect.ValueOf(a); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			f.Add(fmt.Sprintf("Authenticators[%d]", i), nil, "is nil", "check the error of the constructor that returned it")
		}
	}
	if !field.Quoted(cfg.Realm) {
		f.Add("Realm", cfg.Realm, "it goes into a quoted-string", "use printable ASCII without quotes and backslashes")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	var challenges []string
	for _, a := range m.authenticators {
		if c := a.Challenge(m.realm, ErrNoCredentials); c != "" {
			challenges = append(challenges, c)
		}
	}
	m.missing = ErrNoCredentials.With(nil)
	m.missing.Header = http.Header{headerChallenge: challenges}
	return m, nil
}

// Check decides who sent r. It returns a nil Principal without an error only if
// r carries no credential and the Config says Optional. It neither writes a
// response nor changes r.
func (m *Middleware) Check(r *http.Request) (*Principal, error) {
	var judge Authenticator
	for _, a := range m.authenticators {
		if !a.Present(r) {
			continue
		}
		if judge != nil {
			return nil, ErrAmbiguous
		}
		judge = a
	}
	if judge == nil {
		if m.optional {
			return nil, nil
		}
		return nil, m.missing
	}
	p, err := judge.Authenticate(r)
	switch {
	case err != nil:
		return nil, m.challenged(judge, err)
	case p == nil || p.Subject == "":
		// Fail closed: without this, a faulty Authenticator would let through
		// requests whose owner nobody knows.
		return nil, httperr.ErrInternal.With(fmt.Errorf("authn: %T returned no principal", judge))
	}
	return p, nil
}

// Handler runs next for requests that Check lets pass, with the Principal in
// the context. Others are answered by Deny, and next does not run.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if next == nil {
		panic("authn: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, r := carrier.Ensure(r)
		p, err := m.Check(r)
		// Also when there is none: a principal that an outer layer found has no
		// say on a route that demands another kind of credential.
		note(rec, p)
		rec.Update(func(f *carrier.Facts) { f.Events |= event(p, err) })
		if p == nil {
			// authz, further inside, may refuse whom Optional let pass.
			rec.Update(func(f *carrier.Facts) { f.Challenges = m.missing.Header[headerChallenge] })
		}
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

// event returns what the audit trail says of the outcome.
func event(p *Principal, err error) carrier.Events {
	switch {
	case err == nil && p == nil:
		return 0 // anonymous, and welcome
	case err == nil:
		return carrier.AuthSucceeded
	case errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrInvalid):
		return carrier.StoreDegraded
	}
	return carrier.AuthFailed
}

const headerChallenge = "Www-Authenticate"

// challenged adds the challenge of the authenticator that judged to a 401.
func (m *Middleware) challenged(judge Authenticator, err error) error {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || e.Status != http.StatusUnauthorized {
		return err
	}
	c := judge.Challenge(m.realm, err)
	if c == "" {
		return err
	}
	if e != err { // keep what it is wrapped in for the log
		e = e.With(err)
	}
	return e.WithHeader(headerChallenge, c)
}
