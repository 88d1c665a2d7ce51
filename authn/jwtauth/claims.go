package jwtauth

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/internal/field"
)

// claimRules allow escapes in names, because claims come from any JSON encoder: the
// encoder of PHP escapes each slash of a URL.
var claimRules = strictjson.Rules{Members: strictjson.MaxMembers}

// Issuers that do not set typ state the purpose of a token in one of these claims.
var purposeClaims = [...]int{claim.Type, claim.Typ, claim.TokenUse}

// A reading is the result of reading the claims of one token.
type reading struct {
	principal *authn.Principal
	times     times
	bound     *authn.Confirmation // the value of cnf
	unread    []*refusal          // for the claims that only inform and could not be read

	// all collects every refusal, for Explain. Otherwise the first refusal ends the
	// reading.
	all      bool
	refusals []*refusal
}

// refuse records a refusal, and reports whether the reading ends with it.
func (r *reading) refuse(why *refusal) bool {
	r.refusals = append(r.refusals, why)
	return !r.all
}

// read reads the claims of a token of iss into out. A key of ti has verified the signature.
func (ti *trustedIssuer) read(iss string, raw *rawClaims, out *reading) {
	p := out.principal
	p.Kind, p.Issuer = "jwt", iss
	if !ti.checkIdentity(iss, raw, out) || !ti.checkKind(raw, out) || !ti.readIdentifiers(raw, out) || !ti.checkNames(iss, out) {
		return
	}
	p.Scopes = ti.list(&ti.scope, raw, out, strictjson.Scopes)
	p.Roles = ti.list(&ti.roles, raw, out, oneOrMore)
	ti.readTimes(raw, out)
	p.IssuedAt, p.AuthTime, p.ExpiresAt = out.times.iat, out.times.authTime, out.times.exp
}

// readIdentifiers reads the claims that are one string. It reports whether the reading
// continues.
func (ti *trustedIssuer) readIdentifiers(raw *rawClaims, out *reading) bool {
	p := out.principal
	for _, c := range [...]struct {
		claim    *claimRef
		to       *string
		required bool
		decides  bool
	}{
		{&ti.subject, &p.Subject, !ti.logout, true},
		{&claimRef{slot: claim.Jti}, &p.TokenID, ti.needTokenID, ti.needTokenID || ti.strictIDs},
		{&claimRef{slot: claim.Sid}, &p.SessionID, false, ti.strictIDs},
		{&ti.client, &p.ClientID, len(ti.clients) > 0, len(ti.clients) > 0},
		{&ti.tenant, &p.Tenant, ti.hasTenants, ti.hasTenants},
		{&claimRef{slot: claim.ACR}, &p.ACR, false, false},
	} {
		value, readable := c.claim.value(raw)
		if value == "" && readable {
			if c.required && out.refuse(ti.refuse.missing[c.claim.slot]) {
				return false
			}
			continue
		}
		s, ok := strictjson.Identifier(value)
		if !ok && ti.legacy != nil && c.claim.slot == ti.subject.slot {
			s, ok = integer(value)
		}
		switch {
		case ok:
			*c.to = s
		case !c.decides:
			out.unread = append(out.unread, ti.refuse.malformed[c.claim.slot])
		case out.refuse(ti.refuse.malformed[c.claim.slot]):
			return false
		}
	}
	return true
}

// checkNames checks the client and the tenant, which readIdentifiers has read. It reports
// whether the reading continues.
func (ti *trustedIssuer) checkNames(iss string, out *reading) bool {
	p := out.principal
	if len(ti.clients) > 0 && !slices.Contains(ti.clients, p.ClientID) && p.ClientID != "" && out.refuse(ti.refuse.client) {
		return false
	}
	if ti.hasTenants && p.Tenant != "" {
		if tenant, _ := ti.tenantOf(iss); p.Tenant != tenant && out.refuse(ti.refuse.tenant) {
			return false
		}
	}
	return true
}

// checkIdentity checks iss and aud. It reports whether the reading continues.
func (ti *trustedIssuer) checkIdentity(iss string, raw *rawClaims, out *reading) bool {
	if ti.legacy != nil { // it has no iss, and not always aud
		unlisted := slices.ContainsFunc(ti.unlisted, func(slot int) bool { return raw[slot] != "" })
		if unlisted && out.refuse(ti.refuse.unlisted) {
			return false
		}
		aud := raw[claim.Aud]
		return aud == "" || len(ti.audience) == 0 || strictjson.MemberOf(aud, ti.audience) || !out.refuse(ti.refuse.audience)
	}
	if s, ok := strictjson.String(raw[claim.Iss]); (!ok || s != iss) && out.refuse(ti.refuse.issuer) {
		return false
	}
	aud := raw[claim.Aud]
	if aud == "" {
		aud, _ = ti.fallback.value(raw)
	}
	return strictjson.MemberOf(aud, ti.audience) || !out.refuse(ti.refuse.audience)
}

// checkKind checks that the token is an access token, or an ID token where these are
// accepted, and that it meets the rules. It reports whether the reading continues.
func (ti *trustedIssuer) checkKind(raw *rawClaims, out *reading) bool {
	if !ti.readConfirmation(raw[claim.Cnf], out) {
		return false
	}
	for _, c := range [...]int{claim.Events, claim.Nonce, claim.AtHash, claim.CHash, claim.AuthorizationDetails} {
		if raw[c] != "" && raw[c] != "null" && !ti.expects(c) && out.refuse(ti.refuse.unexpected[c]) {
			return false
		}
	}
	for _, c := range purposeClaims {
		if ti.namesOtherKind(raw[c]) && out.refuse(ti.refuse.unexpected[c]) {
			return false
		}
	}
	if len(ti.kind) > 0 && !slices.ContainsFunc(ti.kind, func(r claimRule) bool { return r.met(raw) }) && out.refuse(ti.refuse.kind) {
		return false
	}
	for i := range ti.require {
		if !ti.require[i].met(raw) && out.refuse(ti.require[i].refuse) {
			return false
		}
	}
	return true
}

// expects reports whether tokens of ti may have one of the claims that other kinds of token
// have, or authorization_details.
func (ti *trustedIssuer) expects(c int) bool {
	switch c {
	case claim.Events:
		return ti.logout
	case claim.AuthorizationDetails:
		return ti.readsDetails
	}
	return ti.idTokens
}

// confirmationMethods are the members of cnf that Config.Confirm can check.
var (
	confirmationMethods = [...]string{"x5t#S256", "jkt"}
	confirmationIndex   = strictjson.NewIndex(confirmationMethods[:])
)

// readConfirmation reads cnf. It reports whether the reading continues. With two members it
// would be open which of them binds the token, and a member that nothing here understands may
// be the one that does.
func (ti *trustedIssuer) readConfirmation(raw string, out *reading) bool {
	if raw == "" || raw == "null" {
		return true
	}
	if !ti.confirms {
		return !out.refuse(ti.refuse.unexpected[claim.Cnf])
	}
	var values [len(confirmationMethods)]string
	if raw[0] == '{' && confirmationIndex.Collect(raw, strictjson.Rules{Members: len(values), Closed: true}, values[:]) == nil {
		for i, method := range confirmationMethods {
			var sum [sha256.Size + 1]byte
			s, ok := strictjson.String(values[i])
			if !ok || len(s) != base64url.EncodedLen(sha256.Size) || values[1-i] != "" {
				continue
			}
			if n, err := base64url.Decode(sum[:], []byte(s)); err == nil && n == sha256.Size {
				out.bound = &authn.Confirmation{Method: method, Value: strings.Clone(s)}
				return true
			}
		}
	}
	return !out.refuse(ti.refuse.malformed[claim.Cnf])
}

// namesOtherKind reports whether the value of one of purposeClaims names a token of another
// kind: not an access token, or for an IDTokenVerifier not an ID token. Any other value is
// accepted, because issuers use these claims for other purposes too.
func (ti *trustedIssuer) namesOtherKind(raw string) bool {
	s, _ := strictjson.String(raw)
	for _, kind := range [...]string{"refresh", "refresh_token", "offline"} {
		if field.EqualFold(s, kind) {
			return true
		}
	}
	if !ti.idTokens { // access tokens, and logout tokens
		return field.EqualFold(s, "id") || field.EqualFold(s, "id_token")
	}
	// Old versions of Keycloak write the nonce into access tokens too, with the typ Bearer.
	isAccess := field.EqualFold(s, "access") || field.EqualFold(s, "access_token") || field.EqualFold(s, "bearer")
	return ti.at == idTokenAt && isAccess
}

// list reads a claim that only informs, with the function read.
func (ti *trustedIssuer) list(c *claimRef, raw *rawClaims, out *reading, read func(string) ([]string, bool)) []string {
	value, readable := c.value(raw)
	if value == "" && readable {
		return nil
	}
	list, ok := read(value)
	if !ok || !readable {
		out.unread = append(out.unread, ti.refuse.malformed[c.slot])
		return nil
	}
	return list
}

// oneOrMore reads an array of strings. Some issuers write an array of one as a string.
func oneOrMore(raw string) ([]string, bool) {
	if s, ok := strictjson.Identifier(raw); ok {
		return []string{s}, true
	}
	return strictjson.Strings(raw)
}

// integer returns the text of an integer in its shortest form, as databases number users.
func integer(raw string) (string, bool) {
	digits := strings.TrimPrefix(raw, "-")
	if digits == "" || len(digits) >= 20 || raw == "-0" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return raw, true
}

// times are the NumericDate claims of a token. The cache keeps them with the token, and
// checkTimes checks them each time the token comes.
type times struct {
	exp                time.Time
	iat, nbf, authTime time.Time // zero if absent
}

// readTimes reads the times of a token. A date of zero is absent.
func (ti *trustedIssuer) readTimes(raw *rawClaims, out *reading) {
	for _, c := range [...]struct {
		claim    int
		to       *time.Time
		required bool
	}{
		{claim.Exp, &out.times.exp, true},
		{claim.Iat, &out.times.iat, ti.legacy == nil},
		{claim.Nbf, &out.times.nbf, false},
		{claim.AuthTime, &out.times.authTime, false},
	} {
		value := raw[c.claim]
		if value == "" || value == "null" || !c.required && value == "0" {
			if c.required && out.refuse(ti.refuse.missing[c.claim]) {
				return
			}
			continue
		}
		if date, ok := strictjson.Date(value); ok {
			*c.to = date
			continue
		}
		if c.claim == claim.AuthTime {
			out.unread = append(out.unread, ti.refuse.malformed[c.claim])
		} else if out.refuse(ti.refuse.malformed[c.claim]) {
			return
		}
	}
}

// checkTimes checks the times of a token against now, and returns the refusal or nil.
// Expiry comes last, so that a token is called expired only if its other claims are right.
func (ti *trustedIssuer) checkTimes(ts *times, now time.Time) *refusal {
	latest := now.Add(ti.leeway)
	switch {
	case ts.iat.After(latest):
		return ti.refuse.issuedAt
	case ts.nbf.After(latest):
		return ti.refuse.notBefore
	case ts.authTime.After(latest):
		// A login in the future would count as recent until that time.
		return ti.refuse.authTime
	case !ts.exp.After(ts.iat):
		return ti.refuse.expBeforeIat
	case ti.legacy == nil && ts.exp.Sub(ts.iat)-ti.leeway > ti.maxLifetime: // the sum could overflow
		return ti.refuse.lifetime
	case ti.legacy != nil && ts.exp.Sub(now)-ti.leeway > ti.maxLifetime:
		return ti.refuse.lifetime
	case ti.legacy != nil && !now.Before(ti.legacy.Until):
		return ti.refuse.ended
	case !now.Before(ts.exp.Add(ti.leeway)):
		return expired
	}
	return nil
}
