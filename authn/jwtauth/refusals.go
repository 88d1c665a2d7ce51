package jwtauth

import (
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/jwks"
)

// A refusal is a reason to refuse a token. New creates the refusals of a Verifier, because a
// refusal must cost the service less than the request cost its sender. They hold no part of
// a token. They name the field of Config and its values, so that the log alone shows whether
// to change the Config or the issuer.
type refusal struct {
	err     error
	claim   string // the claim or header parameter, for Explain
	wanted  string
	setting string // the path of the setting that would accept the token, or ""
}

// newRefusal returns the refusal of a token whose claim is not as wanted.
func newRefusal(kind error, claim, wanted, setting string) *refusal {
	detail := claim + " is not " + wanted
	if setting != "" {
		detail += " (" + setting + ")"
	}
	return &refusal{invalid(kind, detail), claim, wanted, setting}
}

// newMissing returns the refusal of a token without a claim.
func newMissing(claim, setting string) *refusal {
	detail := claim + " is missing"
	if setting != "" {
		detail += " (" + setting + ")"
	}
	return &refusal{invalid(ErrClaims, detail), claim, "a value", setting}
}

// refusals are the refusals of one trustedIssuer.
type refusals struct {
	typ, issuer, audience, client, tenant *refusal
	kind                                  *refusal
	unknownKey, severalKeys               *refusal
	notBefore, issuedAt, authTime         *refusal
	lifetime, expBeforeIat                *refusal
	ended, unlisted                       *refusal // of Legacy
	tokenSize, headerSize                 *refusal
	unexpected                            [claim.Count]*refusal // a claim that an access token does not have
	missing, malformed                    [claim.Count + maxClaims]*refusal
}

// buildRefusals returns the refusals of ti, whose other fields are already set.
func (ti *trustedIssuer) buildRefusals() (r refusals) {
	at := func(setting string) string { return settingPath(ti.at, setting) }
	r.typ = newRefusal(ErrType, "typ", oneOf(ti.types), at("Types"))
	r.issuer = newRefusal(ErrIssuer, "iss", fmt.Sprintf("%q", ti.iss), at("Issuer"))
	r.audience = newRefusal(ErrAudience, "aud", oneOf(ti.audience), at("Audience"))
	r.client = newRefusal(ErrClaims, ti.client.name, oneOf(ti.clients), at("Clients"))
	r.tenant = newRefusal(ErrIssuer, ti.tenant.name, "the tenant in iss", "")
	keys := "Keys"
	if ti.legacy != nil {
		keys = "Secrets"
	}
	r.unknownKey = newRefusal(jwks.ErrUnknownKey, "kid", "one of the keys of the issuer", at(keys))
	r.severalKeys = newRefusal(jwks.ErrUnknownKey, "kid", "there, and the issuer has more than one key for alg", at("Keys"))
	r.tokenSize = newRefusal(ErrMalformed, "token", fmt.Sprintf("at most %d bytes long", ti.maxToken), at("MaxToken"))
	r.headerSize = newRefusal(ErrMalformed, "header", fmt.Sprintf("at most %d bytes long", ti.maxHeader), at("MaxHeader"))
	kinds, wanted := make([]string, len(ti.kind)), make([]string, len(ti.kind))
	for i := range ti.kind {
		kinds[i], wanted[i] = ti.kind[i].name, ti.kind[i].name+" "+ti.kind[i].refuse.wanted
	}
	r.kind = newRefusal(ErrType, strings.Join(kinds, ", "), "as access tokens have it: "+strings.Join(wanted, ", or "), at("Kind"))
	soon := fmt.Sprintf("at most %v in the future", ti.leeway)
	r.notBefore = newRefusal(ErrNotYetValid, "nbf", soon, at("Leeway"))
	r.issuedAt = newRefusal(ErrNotYetValid, "iat", soon, at("Leeway"))
	r.authTime = newRefusal(ErrNotYetValid, "auth_time", soon, at("Leeway"))
	r.expBeforeIat = newRefusal(ErrClaims, "exp", "after iat", "")
	from := "iat"
	if ti.legacy != nil {
		from = "now"
		r.ended = newRefusal(ErrClaims, "iss", fmt.Sprintf("there, and tokens without it ended at %v", ti.legacy.Until), at("Until"))
		r.unlisted = newRefusal(ErrClaims, "the set of claims", "a part of the accepted claims", at("Claims"))
	}
	r.lifetime = newRefusal(ErrClaims, "exp", fmt.Sprintf("at most %v after %s", ti.maxLifetime, from), at("MaxLifetime"))
	confirm, kind := "Config.Confirm", "an access token"
	if ti.at == idTokenAt {
		confirm, kind = "", "an ID token"
	}
	if ti.logout {
		kind = "a logout token"
		r.typ = newRefusal(ErrType, "typ", oneOf(ti.types), at("LogoutTypes"))
	}
	r.unexpected[claim.Cnf] = newRefusal(ErrClaims, "cnf", "absent: it binds the token to a key, and the request proves no possession",
		confirm)
	r.unexpected[claim.Events] = newRefusal(ErrType, "events", "absent: only logout tokens and other event tokens have it", "")
	r.unexpected[claim.AuthorizationDetails] = newRefusal(ErrClaims, "authorization_details",
		"absent: it limits what the token permits, and no field of C reads it (NewTyped)", "")
	for _, c := range [...]int{claim.Nonce, claim.AtHash, claim.CHash} {
		r.unexpected[c] = newRefusal(ErrType, claim.Registered[c], "absent: only ID tokens have it", at("IDTokens"))
	}
	for _, c := range purposeClaims {
		r.unexpected[c] = newRefusal(ErrType, claim.Registered[c], "that of "+kind, at("Kind"))
	}
	for slot, name := range ti.index.Names() {
		setting := ""
		if slot == claim.Jti {
			setting = at("OptionalTokenID")
		}
		r.missing[slot] = newMissing(name, setting)
		wanted := "a string that is not empty and has no control characters"
		switch slot {
		case claim.Exp, claim.Nbf, claim.Iat:
			wanted = "a number of seconds since 1970"
		case claim.Cnf:
			wanted = "an object with one of x5t#S256 and jkt alone, a SHA-256 in base64url"
		}
		r.malformed[slot] = newRefusal(ErrClaims, name, wanted, "")
	}
	return r
}

// settingPath returns the path of a setting in Config, from the path of its issuer. Config
// itself has only three of them.
func settingPath(at, setting string) string {
	if at == idTokenAt {
		return idTokenSetting(setting)
	}
	if at == "" && setting != "Issuer" && setting != "Audience" && setting != "Keys" {
		at = "Issuers[0]."
	}
	return "Config." + at + setting
}

// oneOf describes a list of accepted values.
func oneOf(values []string) string {
	if len(values) == 1 {
		return fmt.Sprintf("%q", values[0])
	}
	return fmt.Sprintf("one of %q", values)
}
