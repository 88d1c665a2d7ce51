package jwtauth

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config configures a Verifier. The zero Config is refused: it trusts no issuer.
type Config struct {
	_ [0]func()

	// Issuer, Audience and Keys trust one issuer that follows RFC 9068. They are a short form
	// of one element of Issuers with these three fields.
	Issuer   string
	Audience []string
	Keys     jwks.Source

	// Issuers are the trusted issuers, each with its own settings. Set either Issuers, or
	// Issuer, Audience and Keys. The functions of package idp return the settings of
	// well-known identity providers. A key of one issuer never verifies a token of another
	// issuer, even if both keys have the same kid, and a setting of one issuer has no
	// effect on the tokens of another issuer. A token of an issuer that is not in Issuers
	// causes no call of a source.
	Issuers []TrustedIssuer

	// Sources are the places of a request from which tokens are read. Default: the
	// Authorization field.
	Sources Sources

	// Legacy also accepts, until a date, tokens without iss that are signed with a shared
	// secret. It is for a service that moves to an issuer while its users are logged in with
	// such tokens. Default: nil, a token without iss is refused.
	Legacy *Legacy

	// Revoked reports whether an otherwise valid token has been revoked, by its TokenID,
	// SessionID or Subject. It is the last check of each request, with the context of the
	// request, and also runs for a token in the cache. True refuses the token with
	// ErrRevoked as the cause. An error is an outage and is answered with 503. Revoked
	// must not change p. Nil is off: a token is valid until it expires.
	Revoked func(ctx context.Context, p *authn.Principal) (bool, error)

	// Confirm checks that the sender of r holds the key to which its token is bound by the claim
	// cnf. It runs for each request with such a token, also for a token in the cache, before
	// Config.Revoked. The Method of c is "x5t#S256" or "jkt": Confirm must refuse the one that
	// it does not check. A cnf of another form, or with another member beside it, is refused
	// without a call. An error refuses the token with ErrProof and the error as the causes;
	// authn.ErrUnavailable, or an error that wraps it, is an outage and is answered with 503.
	// The scheme DPoP is not read: a client sends a token with jkt as Bearer, and its proof
	// beside it. Verify has no request, and refuses bound tokens. Nil refuses each token with cnf: without
	// a proof of possession, a stolen token would be as good as in the hands of its owner.
	// The method Confirm of an mtls.Authenticator is one for "x5t#S256", also behind a proxy.
	Confirm func(r *http.Request, c authn.Confirmation) error

	// Cache is the number of verified tokens to remember, 0 to 1 Mi. Default: 0, which is
	// off. The signature of a remembered token is not verified again, but everything that
	// can change is checked again: see the package comment. Each token takes two or three
	// times the memory of its claims and about 1 KiB. Set Cache to twice the number of
	// tokens that are in use at one time, so that two of them rarely compete for one
	// slot.
	//
	// The requests with one token then share one Principal.
	Cache int
}

// compile sets the fields of v that do not depend on C, and adds the faults of cfg.
func (v *verifier) compile(f *httperr.ConfigFaults, cfg Config) {
	v.revoked, v.confirm = cfg.Revoked, cfg.Confirm
	v.cache = newCache(f, cfg.Cache)
	v.sources = compileSources(f, cfg.Sources)
	v.compileIssuers(f, cfg)
	if cfg.Legacy != nil {
		v.legacy = compileLegacy(f, cfg.Legacy, cfg.Revoked != nil)
	}
	if len(v.issuers) == 1 && v.legacy == nil && !v.issuers[0].hasTenants {
		v.single = v.issuers[0]
	}
	trusted := []string{}
	for _, ti := range v.issuers {
		trusted = append(trusted, ti.iss)
	}
	for _, ti := range append(v.issuers, v.legacy) {
		if ti != nil {
			v.maxToken, v.maxHeader = max(v.maxToken, ti.maxToken), max(v.maxHeader, ti.maxHeader)
		}
	}
	switch {
	case len(trusted) == 0:
		v.refuse = newRefusal(ErrIssuer, "iss", "absent, as in the tokens of Legacy", "Config.Issuers")
	case len(cfg.Issuers) == 0:
		v.refuse = newRefusal(ErrIssuer, "iss", oneOf(trusted), "Config.Issuer")
	default:
		v.refuse = newRefusal(ErrIssuer, "iss", oneOf(trusted), "Config.Issuers")
	}
}

// compileIssuers sets the issuers of v, from Issuers or from Issuer, Audience and Keys.
func (v *verifier) compileIssuers(f *httperr.ConfigFaults, cfg Config) {
	issuers, at := cfg.Issuers, func(i int) string { return fmt.Sprintf("Issuers[%d].", i) }
	short := cfg.Issuer != "" || len(cfg.Audience) > 0 || cfg.Keys != nil
	switch {
	case len(issuers) == 0 && (short || cfg.Legacy == nil):
		issuers = []TrustedIssuer{{Issuer: cfg.Issuer, Audience: cfg.Audience, Keys: cfg.Keys}}
		at = func(int) string { return "" }
	case short:
		f.Add("Issuers", nil, "stands beside Issuer, Audience or Keys", "move these three into an element of Issuers")
	}
	v.byIssuer = make(map[string]*trustedIssuer, len(issuers))
	secretIssuers := 0
	for i := range issuers {
		ti := compileIssuer(f, at(i), &issuers[i], cfg.Revoked != nil)
		ti.confirms = cfg.Confirm != nil
		v.issuers = append(v.issuers, ti)
		if ti.secrets {
			secretIssuers++
		}
		if _, twice := v.byIssuer[ti.iss]; twice && ti.iss != "" {
			f.Add(at(i)+"Issuer", ti.iss,
				"is the Issuer of two elements", "merge them: which settings a token is checked by must not depend on the order")
		}
		v.byIssuer[ti.iss] = ti
	}
	if 0 < secretIssuers && secretIssuers < len(issuers) {
		f.Add("Issuers", nil, "mixes key families: a public key could be taken for a shared secret",
			"make a Verifier of its own for the issuers with InsecureSharedSecrets")
	}
}

// acceptsAlg reports whether a key of v can have the algorithm alg.
func (v *verifier) acceptsAlg(alg string) bool {
	_, hmac := jwa.LookupHMAC(alg)
	_, known := jwa.Lookup(alg)
	for _, ti := range v.issuers {
		if ti.secrets && hmac || !ti.secrets && known {
			return true
		}
	}
	return v.legacy != nil && hmac
}
