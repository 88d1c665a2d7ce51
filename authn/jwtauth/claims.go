package jwtauth

import (
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The claims in which issuers without typ say the purpose of a token.
var kindClaims = [...]int{claim.Type, claim.Typ, claim.TokenUse}

// claimRules allow escapes in names, for claims come out of any encoder, and that
// of PHP escapes each slash of a URL.
var claimRules = strictjson.Rules{Members: strictjson.MaxMembers}

// read takes the claims that mean something here out of a text.
func (v *verifier) read(text string, raw *[claim.Count]string) error {
	return malformed(v.claims.Collect(text, claimRules, raw[:len(v.claims.Names())]))
}

// principalOf returns the principal that the claims of a token describe, and its
// dates, which checkTimes judges. The signature is that of issuer.
func (v *verifier) principalOf(issuer string, raw *[claim.Count]string) (p *authn.Principal, d dates, err error) {
	if iss, ok := strictjson.String(raw[claim.Iss]); !ok || iss != issuer {
		return nil, d, v.refuse.issuer
	}
	if !strictjson.MemberOf(raw[claim.Aud], v.audience) {
		return nil, d, v.refuse.audience
	}
	if raw[claim.Cnf] != "" {
		return nil, d, refuseBound
	}
	for _, c := range kindClaims {
		if notAccessToken(raw[c]) {
			return nil, d, v.refuse.kind[c]
		}
	}
	p = v.blank()
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
			return nil, d, v.refuse.claims[c.claim]
		}
	}
	var ok bool
	if p.Scopes, ok = strictjson.Scopes(raw[claim.Scope]); !ok {
		return nil, d, v.refuse.claims[claim.Scope]
	}
	if p.Roles, ok = strictjson.Strings(raw[claim.Roles]); !ok {
		return nil, d, v.refuse.claims[claim.Roles]
	}
	if d, err = v.datesOf(raw); err != nil {
		return nil, d, err
	}
	p.IssuedAt, p.AuthTime, p.ExpiresAt = d.iat, d.authTime, d.exp
	return p, d, nil
}

// notAccessToken reports whether the value of one of kindClaims says that a token is
// not for access. Where Type is "JWT", nothing else keeps a refresh token out.
// What it says otherwise may be about anything.
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

// dates are those of a token. They are kept with a token that is remembered, and
// judged again each time it comes.
type dates struct {
	exp, iat      time.Time
	nbf, authTime time.Time // zero if absent
}

// datesOf reads the dates of a token.
func (v *verifier) datesOf(raw *[claim.Count]string) (d dates, err error) {
	for _, c := range [...]struct {
		claim    int
		to       *time.Time
		required bool
	}{
		{claim.Exp, &d.exp, true},
		{claim.Iat, &d.iat, true},
		{claim.Nbf, &d.nbf, false},
		{claim.AuthTime, &d.authTime, false},
	} {
		if raw[c.claim] == "" && !c.required {
			continue
		}
		var ok bool
		if *c.to, ok = strictjson.Date(raw[c.claim]); !ok {
			return d, v.refuse.claims[c.claim]
		}
	}
	return d, nil
}

// checkTimes judges the dates of a token. Expiry comes last, so that only a token
// whose claims are right otherwise is ever called expired.
func (v *verifier) checkTimes(d *dates, now time.Time) error {
	latest := now.Add(v.leeway)
	switch {
	case d.iat.After(latest):
		return v.refuse.issuedAt
	case d.nbf.After(latest):
		return v.refuse.notBefore
	case d.authTime.After(latest):
		// A login in the future would count as recent for as long as it is.
		return v.refuse.authTime
	case !d.exp.After(d.iat):
		return refuseOrder
	case d.exp.Sub(d.iat) > v.maxLifetime:
		return v.refuse.lifetime
	case !now.Before(d.exp.Add(v.leeway)):
		return refuseExpired
	}
	return nil
}
