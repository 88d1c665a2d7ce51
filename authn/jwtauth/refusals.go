package jwtauth

import (
	"fmt"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/jwks"
)

// refusals holds the refusals that depend on the Config of one Verifier. They name the
// fields of Config and some of their values, so that the log alone shows whether to
// change the Config or the issuer. New creates them: they hold no part of a token, and a
// request does not pay for them.
type refusals struct {
	typ, issuer, audience         error
	unknownKey                    error
	notBefore, issuedAt, authTime error
	lifetime                      error
	notAccessToken                [claim.Count]error // a claim says that the token is not an access token
	malformedClaim                [claim.Count]error // a claim is missing or malformed
}

// buildRefusals returns the refusals of v, whose other fields are already set.
// fromIssuers reports whether the issuers come from Config.Issuers.
func (v *verifier) buildRefusals(fromIssuers bool) (r refusals) {
	r.typ = newRefusal(ErrType, fmt.Sprintf("typ is not %q (Config.Type)", v.typ))
	r.issuer = newRefusal(ErrIssuer, "iss is not Config.Issuer")
	r.unknownKey = newRefusal(jwks.ErrUnknownKey, "kid names none of Config.Keys")
	if fromIssuers {
		r.issuer = newRefusal(ErrIssuer, "iss is none of Config.Issuers")
		r.unknownKey = newRefusal(jwks.ErrUnknownKey, "kid names none of the keys that Config.Issuers has for iss")
	}
	r.audience = newRefusal(ErrAudience, "aud has none of Config.Audience")
	r.lifetime = newRefusal(ErrClaims, fmt.Sprintf("exp is more than %v after iat (Config.MaxLifetime)", v.maxLifetime))
	names := v.claims.Names()
	notYetValid := func(c int) error {
		return newRefusal(ErrNotYetValid, fmt.Sprintf("%s is more than %v in the future (Config.Leeway)", names[c], v.leeway))
	}
	r.notBefore, r.issuedAt, r.authTime = notYetValid(claim.Nbf), notYetValid(claim.Iat), notYetValid(claim.AuthTime)
	for _, c := range purposeClaims {
		r.notAccessToken[c] = newRefusal(ErrType, names[c]+" says that it is not an access token")
	}
	for c, name := range names {
		r.malformedClaim[c] = newRefusal(ErrClaims, name+" is not "+wantedForm(c))
	}
	return r
}

// wantedForm describes the valid values of a claim.
func wantedForm(c int) string {
	switch c {
	case claim.Exp, claim.Nbf, claim.Iat, claim.AuthTime:
		return "a number of seconds since 1970"
	case claim.Scope:
		return "a string or an array of scopes"
	case claim.Roles:
		return "an array of strings"
	}
	return "a string, or is empty or has a control character"
}
