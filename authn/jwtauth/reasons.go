package jwtauth

import "fmt"

// reasons are the refusals whose cause lies between a token and the Config of
// one Verifier. They say what the Config demands, by its fields and in part by
// their values, so that the log alone tells which side to mend. They are made
// by New: nothing in them is of a token, and none costs a request anything.
type reasons struct {
	typ, issuer, audience         error
	unknownKey                    error
	notBefore, issuedAt, authTime error
	lifetime                      error
	claims                        [claimCount]error // missing or malformed, by claim
}

// reasons returns the refusals of v, whose other fields are set. named says that
// its issuers are those of Config.Issuers.
func (v *verifier) reasons(named bool) (r reasons) {
	r.typ = refusal(ErrType, fmt.Sprintf("typ is not %q (Config.Type)", v.typ))
	r.issuer = refusal(ErrIssuer, "iss is not Config.Issuer")
	r.unknownKey = refusal(ErrUnknownKey, "kid names none of Config.Keys")
	if named {
		r.issuer = refusal(ErrIssuer, "iss is none of Config.Issuers")
		r.unknownKey = refusal(ErrUnknownKey, "kid names none of the keys that Config.Issuers has for iss")
	}
	r.audience = refusal(ErrAudience, "aud has none of Config.Audience")
	r.lifetime = refusal(ErrClaims, fmt.Sprintf("exp is more than %v after iat (Config.MaxLifetime)", v.maxLifetime))
	future := func(claim int) error {
		return refusal(ErrNotYetValid, fmt.Sprintf("%s is more than %v in the future (Config.Leeway)", claimNames[claim], v.leeway))
	}
	r.notBefore, r.issuedAt, r.authTime = future(claimNbf), future(claimIat), future(claimAuthTime)
	for claim, name := range v.claims.Names() {
		r.claims[claim] = refusal(ErrClaims, name+" is not "+form(claim))
	}
	return r
}

// form says what the value of a claim must be.
func form(claim int) string {
	switch claim {
	case claimExp, claimNbf, claimIat, claimAuthTime:
		return "a number of seconds since 1970"
	case claimScope:
		return "a string or an array of scopes"
	case claimRoles:
		return "an array of strings"
	}
	return "a string, or is empty or has a control character"
}
