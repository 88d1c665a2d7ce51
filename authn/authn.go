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

// Authenticator verifies one kind of credential. It must be safe for concurrent
// use.
type Authenticator interface {
	// Present reports whether r carries a credential of this kind, well formed or
	// not. An empty field is no credential. Middleware calls Present before any
	// Authenticate, so it must be cheap. New calls it too, with requests that New
	// itself makes up.
	Present(r *http.Request) bool

	// Authenticate returns the principal that the credential in r stands for. Its
	// errors are the errors of this package, perhaps wrapped. httperr.Write
	// documents the response to any other error; for most of them it is 500.
	Authenticate(r *http.Request) (*Principal, error)

	// Challenge returns the value of WWW-Authenticate (RFC 9110, section
	// 11.6.1) for err. err is ErrNoCredentials, ErrAmbiguous, or another error
	// with the status 401 that Authenticate returned. An empty value is left out
	// of the response. realm can stand in a quoted-string without escapes.
	Challenge(realm string, err error) string

	// An Authenticator that reads its credential from one header may also have
	// the method
	//
	//	CredentialHeader() string
	//
	// New then refuses a second Authenticator that accepts every value of that
	// header. If the header is Authorization, and its bearer tokens begin with a
	// common text that no JWT begins with, it may also have the method
	//
	//	BearerPrefix() string
	//
	// Then it can share the scheme Bearer with others that read no header but
	// Authorization: a token with the prefix is for it, and every other token is
	// for the Authenticator without a prefix.
	//
	// An Authenticator whose credential must not reach the next handler may also
	// have the method
	//
	//	WithoutCredential(r *http.Request) *http.Request
	//
	// Handler then passes its result to next. The method returns a copy of r without
	// the credential, or r itself if nothing has to be removed. It must not change r.
	//
	// An Authenticator that tells the client about its credential may also have the
	// method
	//
	//	SetResponseHeader(h http.Header, r *http.Request, p *Principal)
	//
	// Handler calls it before next for a request that it has authenticated.
}

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Authenticators verify the credentials: one Authenticator for each accepted
	// kind, and at least one. At most one may accept every bearer token, apart
	// from those that have a prefix of their own (BearerPrefix). At most one may
	// accept every value of a header that an apikey.Authenticator reads; New calls
	// Present to find a second one. New does not check a header that only other
	// Authenticators read. If two of them accept every value of such a header,
	// each request with it fails with ErrAmbiguous. An issuer is not a kind: one
	// jwtauth.Verifier accepts several issuers.
	Authenticators []Authenticator

	// Realm names the protected space in challenges. It is printable ASCII
	// without quotes and backslashes. Default: challenges have no realm.
	Realm string

	// ResourceMetadata is the URL of the metadata of the service (RFC 9728), such as the
	// result of resource.Metadata.URL. Bearer challenges then have the parameter
	// resource_metadata, also those of authz: a client learns from it which authorization
	// server issues tokens. It has the scheme https, or http for a loopback address, and
	// printable ASCII without quotes and backslashes. Default: no parameter.
	ResourceMetadata string

	// Optional lets requests without a credential of the configured kinds pass,
	// without a Principal. A request with a bad credential is still refused.
	Optional bool

	// ExpiredAsAnonymous treats a credential that has expired like a missing one: the
	// request passes without a Principal, and its record has the event
	// expired.ignored. It is for public routes of a site whose browsers keep sending
	// an old cookie or token. The price: a client whose login has ended gets the
	// public response, and no 401 that makes it log in again. The error must be
	// ErrExpired. Any other fault is refused as before. It needs Optional. Default:
	// false, an expired credential is answered with 401.
	ExpiredAsAnonymous bool

	// Deny answers a refused request; next does not run. Nil means httperr.Write.
	// The challenges are in the Header of the *httperr.Error that Deny receives. A
	// 401 must carry them (RFC 9110, section 15.5.2). With a bearer token the 400
	// of ErrAmbiguous must carry them too (RFC 6750, section 3). Several requests
	// share that *httperr.Error, so Deny must not change it; its method WithHeader
	// returns a copy that Deny may change.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the decision on every request that reaches Handler, before
	// the response begins. It must not block. Nil means that no observer runs.
	Observe func(*http.Request, Decision)
}

// Decision is the decision of the middleware about a request.
type Decision struct {
	Principal *Principal // nil for an anonymous or a refused request
	Err       error      // nil if the request passes
}

// Middleware runs a handler for authenticated requests only. It is safe for
// concurrent use; make one with New.
type Middleware struct {
	candidates    []candidate
	challenger    challenger
	challenges    *carrier.Challenges // for the refusals of inner layers
	optional      bool
	ignoreExpired bool
	deny          func(http.ResponseWriter, *http.Request, error)
	observe       func(*http.Request, Decision)
	noCredentials *httperr.Error     // ErrNoCredentials with all challenges
	ambiguous     [][]*httperr.Error // see ambiguousPairs
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{
		challenger:    newChallenger(cfg.Realm, cfg.ResourceMetadata),
		optional:      cfg.Optional,
		ignoreExpired: cfg.ExpiredAsAnonymous,
		deny:          cfg.Deny,
		observe:       cfg.Observe,
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
		checkOverlaps(&f, cfg.Authenticators)
	}
	if !field.Quoted(cfg.Realm) {
		f.Add("Realm", cfg.Realm, "it goes into a quoted-string", "use printable ASCII without quotes and backslashes")
	}
	checkMetadataURL(&f, cfg.ResourceMetadata)
	if cfg.ExpiredAsAnonymous && !cfg.Optional {
		f.Add("ExpiredAsAnonymous", nil, "lets anonymous requests pass, and Optional does not", "set Optional too, or leave it false")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	m.candidates = m.challenger.newCandidates(cfg.Authenticators)
	m.noCredentials = m.challenger.withChallenges(ErrNoCredentials, cfg.Authenticators...)
	m.ambiguous = m.challenger.ambiguousPairs(cfg.Authenticators)
	m.challenges = &carrier.Challenges{
		NoCredentials: m.noCredentials.Header[headerChallenge], ResourceMetadata: cfg.ResourceMetadata,
		Headers: ownHeaders(cfg.Authenticators),
	}
	return m, nil
}

// Check determines the principal of r. It returns a nil Principal without an error
// only if Config.Optional is set and r carries no credential, or an expired one with
// Config.ExpiredAsAnonymous. It neither writes a response nor changes r: unlike
// Handler, it leaves every credential in r.
func (m *Middleware) Check(r *http.Request) (*Principal, error) {
	p, _, err := m.check(r)
	if err == errExpiredIgnored {
		err = nil
	}
	return p, err
}

// errExpiredIgnored is the result of check for an expired credential that is treated
// like a missing one.
var errExpiredIgnored = errors.New("authn: an expired credential was ignored")

// check is Check. It also returns the candidate that read the credential of r, or nil.
func (m *Middleware) check(r *http.Request) (*Principal, *candidate, error) {
	first := -1
	for i := range m.candidates {
		switch {
		case !m.candidates[i].Present(r):
		case first < 0:
			first = i
		default:
			owner := m.bearerOwner(r, first, i)
			if owner < 0 {
				return nil, nil, m.ambiguous[first][i]
			}
			first = owner
		}
	}
	if first < 0 {
		if m.optional {
			return nil, nil, nil
		}
		return nil, nil, m.noCredentials
	}
	selected := &m.candidates[first]
	p, err := selected.Authenticate(r)
	switch {
	case err != nil && m.ignoreExpired && hasOnlyExpired(err):
		return nil, selected, errExpiredIgnored
	case err != nil:
		return nil, selected, m.addChallenge(selected, err)
	case p == nil || p.Subject == "":
		// Fail closed: without this check, a faulty Authenticator would let
		// requests of an unknown caller pass.
		return nil, selected, httperr.ErrInternal.With(fmt.Errorf("authn: %T returned no principal", selected.Authenticator))
	}
	return p, selected, nil
}

// hasOnlyExpired reports whether err says that the credential has expired, and nothing
// worse. The error of an Authenticator may wrap or join others.
func hasOnlyExpired(err error) bool {
	e, ok := errors.AsType[*httperr.Error](err)
	return ok && e != nil && (e == ErrExpired || e.Is(ErrExpired)) && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrAmbiguous)
}

// Handler runs next for requests that Check lets pass, with the Principal in
// the context. Deny answers all other requests, and next does not run. An
// Authenticator with the method WithoutCredential decides which copy of the request
// next receives.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("authn: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, outer *http.Request) {
		rec, r := carrier.Ensure(outer)
		defer carrier.Restore(outer, r)
		p, used, err := m.check(r)
		events := auditEvents(p, err)
		if err == errExpiredIgnored {
			err = nil
		}
		rec.Update(func(f *carrier.Facts) {
			// A nil p replaces the principal of an outer layer, which must not
			// count on a route that demands another kind of credential.
			setPrincipal(f, p)
			f.Events |= events
			// The inner authz may refuse the request, and then needs the challenges.
			f.Challenges = m.challenges
		})
		if m.observe != nil {
			m.observe(r, Decision{Principal: p, Err: err})
		}
		if err != nil {
			m.deny(w, r, err)
			return
		}
		if used != nil && used.announce != nil {
			used.announce(w.Header(), r, p)
		}
		if used != nil && used.without != nil {
			if c := used.without(r); c != r {
				serveCopy(next, w, r, c)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// serveCopy runs next with c, a copy of r. A ServeMux notes its route in the request that
// it receives, and the outer layers read the route from r.
func serveCopy(next http.Handler, w http.ResponseWriter, r, c *http.Request) {
	defer carrier.Restore(r, c)
	next.ServeHTTP(w, c)
}

// auditEvents returns the events that the audit trail records for the outcome of
// Check. An outage, a fault of the service, or a client that left is not AuthFailed,
// because it says nothing about the credential.
func auditEvents(p *Principal, err error) carrier.Events {
	switch e, ok := errors.AsType[*httperr.Error](err); {
	case err == nil && p == nil:
		return 0 // an anonymous request that Optional lets pass
	case err == nil:
		return carrier.AuthSucceeded
	case err == errExpiredIgnored:
		return carrier.ExpiredIgnored
	case ok && (e == ErrUnavailable || e.Is(ErrUnavailable)):
		return carrier.StoreDegraded
	case ok && e.Status >= 500:
		return 0 // a fault of the service
	case !ok && errors.Is(err, context.Canceled):
		return 0 // the client left
	}
	return carrier.AuthFailed
}
