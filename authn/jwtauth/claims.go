package jwtauth

import (
	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
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

// claimRules allow escapes in names, for claims come out of any encoder, and that
// of PHP escapes each slash of a URL.
var claimRules = strictjson.Rules{Members: strictjson.MaxMembers}

// read takes the claims that mean something here out of a text.
func (v *verifier) read(text string, raw *[claimCount]string) error {
	return malformed(v.claims.Collect(text, claimRules, raw[:len(v.claims.Names())]))
}

// judge returns the principal that the claims of a token describe, and its
// dates, which timely judges. The signature is that of issuer.
func (v *verifier) judge(issuer string, raw *[claimCount]string) (p *authn.Principal, d dates, err error) {
	if iss, ok := strictjson.String(raw[claimIss]); !ok || iss != issuer {
		return nil, d, v.refuse.issuer
	}
	if !strictjson.MemberOf(raw[claimAud], v.audience) {
		return nil, d, v.refuse.audience
	}
	if raw[claimCnf] != "" {
		return nil, d, refuseBound
	}
	for i, claim := range kindClaims {
		if otherKind(raw[claim]) {
			return nil, d, refuseKind[i]
		}
	}
	p = v.blank()
	p.Kind, p.Issuer = "jwt", issuer
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
		if *c.to, ok = strictjson.Identifier(raw[c.claim]); !ok {
			return nil, d, v.refuse.claims[c.claim]
		}
	}
	var ok bool
	if p.Scopes, ok = strictjson.Scopes(raw[claimScope]); !ok {
		return nil, d, v.refuse.claims[claimScope]
	}
	if p.Roles, ok = strictjson.Strings(raw[claimRoles]); !ok {
		return nil, d, v.refuse.claims[claimRoles]
	}
	if d, err = v.datesOf(raw); err != nil {
		return nil, d, err
	}
	p.IssuedAt, p.AuthTime, p.ExpiresAt = d.iat, d.authTime, d.exp
	return p, d, nil
}

// otherKind reports whether the value of one of kindClaims says that a token is
// not for access. Where Type is "JWT", nothing else keeps a refresh token out.
// What it says otherwise may be about anything.
func otherKind(raw string) bool {
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
