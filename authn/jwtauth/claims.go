package jwtauth

import (
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The claims that are read (RFC 7519, section 4.1; RFC 9068, section 2.2; RFC
// 7800; type, typ and token_use are in no RFC). A case variant of any of them is
// refused.
const (
	claimIss = iota
	claimSub
	claimAud
	claimExp
	claimNbf
	claimIat
	claimJti
	claimClientID
	claimSid
	claimACR
	claimAuthTime
	claimCnf
	claimType
	claimTyp
	claimTokenUse
	claimScope
	claimRoles
	claimTenant // only if configured, so it comes last
	claimCount
)

var claimNames = [claimTenant]string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "sid", "acr", "auth_time", "cnf", "type", "typ", "token_use", "scope", "roles"}

// The claims in which issuers without typ say what a token is for.
var kindClaims = [...]int{claimType, claimTyp, claimTokenUse}

var refuseKind = func() (r [len(kindClaims)]error) {
	for i, claim := range kindClaims {
		r[i] = refusal(ErrType, claimNames[claim]+" says that it is not an access token")
	}
	return r
}()

// judge returns the principal that the claims of a token describe. The
// signature is good already. Expiry comes last, so that only a token that would
// be accepted otherwise is ever called expired.
func (v *Verifier) judge(text string, now time.Time) (*authn.Principal, error) {
	var raw [claimCount]string
	if err := collect(text, claimRules, v.claims, raw[:len(v.claims)]); err != nil {
		return nil, err
	}
	if iss, ok := stringOf(raw[claimIss]); !ok || iss != v.issuer {
		return nil, v.refuse.issuer
	}
	if !memberOf(raw[claimAud], v.audience) {
		return nil, v.refuse.audience
	}
	if raw[claimCnf] != "" {
		return nil, refuseBound
	}
	for i, claim := range kindClaims {
		if otherKind(raw[claim]) {
			return nil, refuseKind[i]
		}
	}
	p := &authn.Principal{Kind: "jwt", Issuer: v.issuer}
	for _, c := range [...]struct {
		claim    int
		to       *string
		required bool
	}{
		{claimSub, &p.Subject, true},
		{claimJti, &p.TokenID, true},
		{claimClientID, &p.ClientID, false},
		{claimSid, &p.SessionID, false},
		{claimTenant, &p.Tenant, false},
		{claimACR, &p.ACR, false},
	} {
		if raw[c.claim] == "" && !c.required {
			continue
		}
		var ok bool
		if *c.to, ok = identifier(raw[c.claim]); !ok {
			return nil, v.refuse.claims[c.claim]
		}
	}
	var ok bool
	if p.Scopes, ok = scopesOf(raw[claimScope]); !ok {
		return nil, v.refuse.claims[claimScope]
	}
	if p.Roles, ok = stringsOf(raw[claimRoles]); !ok {
		return nil, v.refuse.claims[claimRoles]
	}
	return p, v.judgeTime(p, &raw, now)
}

// otherKind reports whether the value of one of kindClaims says that a token is
// not for access.
// Where Type is "JWT", nothing else keeps a refresh token out. What it says
// otherwise may be about anything.
func otherKind(raw string) bool {
	s, _ := stringOf(raw)
	for _, kind := range [...]string{"refresh", "refresh_token", "offline", "id", "id_token"} {
		if field.EqualFold(s, kind) {
			return true
		}
	}
	return false
}

// judgeTime judges the dates of a token and puts them into p.
func (v *Verifier) judgeTime(p *authn.Principal, raw *[claimCount]string, now time.Time) error {
	exp, ok := dateOf(raw[claimExp])
	if !ok {
		return v.refuse.claims[claimExp]
	}
	iat, ok := dateOf(raw[claimIat])
	if !ok {
		return v.refuse.claims[claimIat]
	}
	latest := now.Add(v.leeway)
	if iat.After(latest) {
		return v.refuse.issuedAt
	}
	if raw[claimNbf] != "" {
		nbf, ok := dateOf(raw[claimNbf])
		if !ok {
			return v.refuse.claims[claimNbf]
		}
		if nbf.After(latest) {
			return v.refuse.notBefore
		}
	}
	if raw[claimAuthTime] != "" {
		if p.AuthTime, ok = dateOf(raw[claimAuthTime]); !ok {
			return v.refuse.claims[claimAuthTime]
		}
		// A login in the future would count as recent for as long as it is.
		if p.AuthTime.After(latest) {
			return v.refuse.authTime
		}
	}
	if !exp.After(iat) {
		return refuseOrder
	}
	if exp.Sub(iat) > v.maxLifetime {
		return v.refuse.lifetime
	}
	if !now.Before(exp.Add(v.leeway)) {
		return refuseExpired
	}
	p.ExpiresAt = exp
	return nil
}
