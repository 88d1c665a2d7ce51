package jwtauth

import (
	"time"

	"github.com/go-sallyport/sallyport/authn"
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

var refuseClaim = func() (r [claimCount]error) {
	for i, name := range claimNames {
		r[i] = refusal(ErrClaims, name)
	}
	r[claimScope] = refusal(ErrClaims, "the claim that holds scopes")
	r[claimRoles] = refusal(ErrClaims, "the claim that holds roles")
	r[claimTenant] = refusal(ErrClaims, "the claim that holds the tenant")
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
		return nil, refuseIssuer
	}
	if !memberOf(raw[claimAud], v.audience) {
		return nil, refuseAudience
	}
	if raw[claimCnf] != "" {
		return nil, refuseBound
	}
	if otherKind(raw[claimType]) || otherKind(raw[claimTyp]) || otherKind(raw[claimTokenUse]) {
		return nil, refuseKind
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
			return nil, refuseClaim[c.claim]
		}
	}
	var ok bool
	if p.Scopes, ok = scopesOf(raw[claimScope]); !ok {
		return nil, refuseClaim[claimScope]
	}
	if p.Roles, ok = stringsOf(raw[claimRoles]); !ok {
		return nil, refuseClaim[claimRoles]
	}
	return p, v.judgeTime(p, &raw, now)
}

// otherKind reports whether the value of one of the three claims in which
// issuers without typ say what a token is for, says that it is not for access.
// Where Type is "JWT", nothing else keeps a refresh token out. What it says
// otherwise may be about anything.
func otherKind(raw string) bool {
	s, _ := stringOf(raw)
	for _, kind := range [...]string{"refresh", "refresh_token", "offline", "id", "id_token"} {
		if equalFold(s, kind) {
			return true
		}
	}
	return false
}

// judgeTime judges the dates of a token and puts them into p.
func (v *Verifier) judgeTime(p *authn.Principal, raw *[claimCount]string, now time.Time) error {
	exp, ok := dateOf(raw[claimExp])
	if !ok {
		return refuseClaim[claimExp]
	}
	iat, ok := dateOf(raw[claimIat])
	if !ok {
		return refuseClaim[claimIat]
	}
	latest := now.Add(v.leeway)
	if iat.After(latest) {
		return refuseIssuedAt
	}
	if raw[claimNbf] != "" {
		nbf, ok := dateOf(raw[claimNbf])
		if !ok {
			return refuseClaim[claimNbf]
		}
		if nbf.After(latest) {
			return refuseNotBefore
		}
	}
	if raw[claimAuthTime] != "" {
		if p.AuthTime, ok = dateOf(raw[claimAuthTime]); !ok {
			return refuseClaim[claimAuthTime]
		}
		// A login in the future would count as recent for as long as it is.
		if p.AuthTime.After(latest) {
			return refuseAuthTime
		}
	}
	if !exp.After(iat) {
		return refuseOrder
	}
	if exp.Sub(iat) > v.maxLifetime {
		return refuseLifetime
	}
	if !now.Before(exp.Add(v.leeway)) {
		return refuseExpired
	}
	p.ExpiresAt = exp
	return nil
}
