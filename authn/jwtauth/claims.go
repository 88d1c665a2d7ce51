package jwtauth

import (
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Issuers that do not set typ state the purpose of a token in one of these claims.
var purposeClaims = [...]int{claim.Type, claim.Typ, claim.TokenUse}

// claimRules allow escapes in names, because claims come from any JSON encoder: the
// encoder of PHP escapes each slash of a URL.
var claimRules = strictjson.Rules{Members: strictjson.MaxMembers}

// readClaims stores in raw the values of the claims that the verifier reads.
func (v *verifier) readClaims(text string, raw *[claim.Count]string) error {
	return refuseJSON[v.claims.Collect(text, claimRules, raw[:len(v.claims.Names())])]
}

// principalOf returns the principal that the claims of a token describe, and its times,
// which checkTimes checks. A key of issuer has verified the signature.
func (v *verifier) principalOf(issuer string, raw *[claim.Count]string) (p *authn.Principal, ts times, err error) {
	if iss, ok := strictjson.String(raw[claim.Iss]); !ok || iss != issuer {
		return nil, ts, v.refuse.issuer
	}
	if !strictjson.MemberOf(raw[claim.Aud], v.audience) {
		return nil, ts, v.refuse.audience
	}
	if raw[claim.Cnf] != "" {
		return nil, ts, refuseKeyBound
	}
	for _, c := range purposeClaims {
		if notAccessToken(raw[c]) {
			return nil, ts, v.refuse.notAccessToken[c]
		}
	}
	p = v.newPrincipal()
	p.Kind, p.Issuer = "jwt", issuer
	for _, c := range [...]struct {
		claim    int
		to       *string
		required bool
	}{
		{claim.Sub, &p.Subject, true},
		{claim.Jti, &p.TokenID, true},
		{claim.ClientID, &p.ClientID, false},
		{claim.Sid, &p.SessionID, false},
		{claim.Tenant, &p.Tenant, false},
		{claim.ACR, &p.ACR, false},
	} {
		if raw[c.claim] == "" && !c.required {
			continue
		}
		var ok bool
		if *c.to, ok = strictjson.Identifier(raw[c.claim]); !ok {
			return nil, ts, v.refuse.malformedClaim[c.claim]
		}
	}
	var ok bool
	if p.Scopes, ok = strictjson.Scopes(raw[claim.Scope]); !ok {
		return nil, ts, v.refuse.malformedClaim[claim.Scope]
	}
	if p.Roles, ok = strictjson.Strings(raw[claim.Roles]); !ok {
		return nil, ts, v.refuse.malformedClaim[claim.Roles]
	}
	if ts, err = v.readTimes(raw); err != nil {
		return nil, ts, err
	}
	p.IssuedAt, p.AuthTime, p.ExpiresAt = ts.iat, ts.authTime, ts.exp
	return p, ts, nil
}

// notAccessToken reports whether the value of one of purposeClaims names a token that is
// not an access token. Where Config.Type is "JWT", no other check refuses a refresh
// token. Any other value is accepted, because issuers use these claims for other purposes
// too.
func notAccessToken(raw string) bool {
	if raw == "" {
		return false
	}
	s, _ := strictjson.String(raw)
	for _, kind := range [...]string{"refresh", "refresh_token", "offline", "id", "id_token"} {
		if field.EqualFold(s, kind) {
			return true
		}
	}
	return false
}

// times are the NumericDate claims of a token. The cache keeps them with the token, and
// checkTimes checks them each time the token comes.
type times struct {
	exp, iat      time.Time
	nbf, authTime time.Time // zero if absent
}

// readTimes reads the times of a token.
func (v *verifier) readTimes(raw *[claim.Count]string) (ts times, err error) {
	for _, c := range [...]struct {
		claim    int
		to       *time.Time
		required bool
	}{
		{claim.Exp, &ts.exp, true},
		{claim.Iat, &ts.iat, true},
		{claim.Nbf, &ts.nbf, false},
		{claim.AuthTime, &ts.authTime, false},
	} {
		if raw[c.claim] == "" && !c.required {
			continue
		}
		var ok bool
		if *c.to, ok = strictjson.Date(raw[c.claim]); !ok {
			return ts, v.refuse.malformedClaim[c.claim]
		}
	}
	return ts, nil
}

// checkTimes checks the times of a token against now. Expiry comes last, so that a token
// is called expired only if its other claims are right.
func (v *verifier) checkTimes(ts *times, now time.Time) error {
	latest := now.Add(v.leeway)
	switch {
	case ts.iat.After(latest):
		return v.refuse.issuedAt
	case ts.nbf.After(latest):
		return v.refuse.notBefore
	case ts.authTime.After(latest):
		// A login in the future would count as recent until that time.
		return v.refuse.authTime
	case !ts.exp.After(ts.iat):
		return refuseExpBeforeIat
	case ts.exp.Sub(ts.iat) > v.maxLifetime:
		return v.refuse.lifetime
	case !now.Before(ts.exp.Add(v.leeway)):
		return refuseExpired
	}
	return nil
}
