package jwtauth

import (
	"fmt"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/jwks"
)

// refusals are those whose cause lies between a token and the Config of
// one Verifier. They say what the Config demands, by its fields and in part by
// their values, so that the log alone tells which side to mend. They are made
// by New: nothing in them is of a token, and none costs a request anything.
type refusals struct {
	typ, issuer, audience         error
	unknownKey                    error
	notBefore, issuedAt, authTime error
	lifetime                      error
	kind                          [claim.Count]error // says that it is not an access token
	claims                        [claim.Count]error // missing or malformed
}

// refusals returns those of v, whose other fields are set. named says that
// its issuers are those of Config.Issuers.
func (v *verifier) refusals(named bool) (r refusals) {
	r.typ = refusal(ErrType, fmt.Sprintf("typ is not %q (Config.Type)", v.typ))
	r.issuer = refusal(ErrIssuer, "iss is not Config.Issuer")
	r.unknownKey = refusal(jwks.ErrUnknownKey, "kid names none of Config.Keys")
	if named {
		r.issuer = refusal(ErrIssuer, "iss is none of Config.Issuers")
		r.unknownKey = refusal(jwks.ErrUnknownKey, "kid names none of the keys that Config.Issuers has for iss")
	}
	r.audience = refusal(ErrAudience, "aud has none of Config.Audience")
	r.lifetime = refusal(ErrClaims, fmt.Sprintf("exp is more than %v after iat (Config.MaxLifetime)", v.maxLifetime))
	names := v.claims.Names()
	future := func(c int) error {
		return refusal(ErrNotYetValid, fmt.Sprintf("%s is more than %v in the future (Config.Leeway)", names[c], v.leeway))
	}
	r.notBefore, r.issuedAt, r.authTime = future(claim.Nbf), future(claim.Iat), future(claim.AuthTime)
	for _, c := range kindClaims {
		r.kind[c] = refusal(ErrType, names[c]+" says that it is not an access token")
	}
	for c, name := range names {
		r.claims[c] = refusal(ErrClaims, name+" is not "+form(c))
	}
	return r
}

// form says what the value of a claim must be.
func form(c int) string {
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
