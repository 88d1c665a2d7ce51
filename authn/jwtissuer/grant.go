package jwtissuer

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Grant describes the claims of a token. Each string must be valid UTF-8 without control
// characters.
//
// Without a ClientID the token has no client_id. A service that logs its own users in has
// no clients to tell apart. RFC 9068, section 2.2 requires the claim, so a verifier of
// another library may refuse the token, and one of package jwtauth with Clients does.
type Grant struct {
	_ [0]func()

	Subject   string // sub, the user or program that the token stands for. Required
	ClientID  string // client_id, the program that acts for Subject; optional, see below
	SessionID string // sid; optional
	Tenant    string // in Config.TenantClaim; optional
	ACR       string // acr, the strength of the login; optional

	// AuthTime is the time of the login of Subject, cut to seconds (auth_time). It must
	// not be in the future. Optional.
	AuthTime time.Time

	// Scopes are the permitted uses of the token, each a scope-token (RFC 6749, section
	// 3.3). Roles are the roles of Subject.
	Scopes []string
	Roles  []string

	// Audience lists the members of Config.Audience that the token is for. The fewer
	// services accept a token, the fewer can pass it on. Default: all.
	Audience []string

	// Lifetime is the lifetime of the token in whole seconds, at most the Lifetime of the
	// Issuer, which is the default.
	Lifetime time.Duration

	// Confirmation binds the token to a key of its holder (cnf, RFC 7800). A Verifier accepts
	// the token only from a client that proves possession of this key, and refuses it without
	// jwtauth.Config.Confirm. For mutual TLS it is
	// authn.Confirmation{Method: "x5t#S256", Value: peer.Thumbprint} with the mtls.Peer of the
	// request for the token (RFC 8705, section 3). Default: any holder may use the token.
	Confirmation authn.Confirmation

	// Claims are further claims: a value that encoding/json marshals as an object. No
	// member may have the name of a claim that package jwtauth reads, in any case. With
	// TenantClaim set, that includes its name. The exception is authorization_details (RFC
	// 9396): a Verifier accepts it if its typed claims have a field for it. Text in Claims
	// must be valid UTF-8. A safelog.Secret is refused, at any depth, and so is a text or a
	// number under the name of a secret (password, api_key, refreshToken): every holder of
	// the token reads its claims. Config.DangerouslyPublicClaims makes exceptions.
	Claims any
}

// Issued is a token, and the data to store about it.
type Issued struct {
	Token     string    // the credential itself: neither log nor store it
	ID        string    // jti: 130 random bits
	ExpiresAt time.Time // exp
}

// Issue signs a token for g, now. The error joins all faults of g, each a
// *httperr.ConfigError. It contains no text of g, except the name of a claim that is a
// secret, and the error of encoding/json for Claims that it cannot marshal. Every token
// that Issue returns is accepted by a Verifier with the same Issuer, Audience and TenantClaim,
// no shorter MaxLifetime, the defaults of Type, ScopeClaim and RolesClaim, and a Confirm that
// finds the key of Confirmation. A token that would be longer than the 8 KiB that a Verifier
// reads is refused.
func (i *Issuer) Issue(g Grant) (Issued, error) {
	now := time.Now()
	f := httperr.ConfigFaults{Package: pkg}
	i.checkGrant(&f, g, now)
	custom := i.marshalCustomClaims(&f, g.Claims)
	if err := f.Err(); err != nil {
		return Issued{}, err
	}
	// Round down, so that the token is not in the future for a clock that is a little
	// slow.
	issuedAt := now.Unix()
	life := cmp.Or(g.Lifetime, i.lifetime)
	issued := Issued{ID: rand.Text(), ExpiresAt: time.Unix(issuedAt+int64(life/time.Second), 0).UTC()}
	text, err := i.marshalClaims(g, issued, issuedAt)
	if err != nil {
		return Issued{}, err
	}
	if issued.Token, err = i.sign(now, joinObjects(text, custom)); err != nil {
		return Issued{}, err
	}
	if n := len(issued.Token); n > claim.MaxToken {
		f.Add("Grant", nil, fmt.Sprintf("the token would have %d bytes, and more than %d are never accepted", n, claim.MaxToken),
			"leave out what the services can look up")
		return Issued{}, f.Err()
	}
	return issued, nil
}

// marshalClaims returns the JSON of the claims of g (RFC 9068, section 2.2), without
// Grant.Claims.
func (i *Issuer) marshalClaims(g Grant, issued Issued, issuedAt int64) (string, error) {
	c := map[string]any{
		"iss": i.issuer, "sub": g.Subject, "aud": i.audience,
		"iat": issuedAt, "exp": issued.ExpiresAt.Unix(), "jti": issued.ID,
	}
	if len(g.Audience) > 0 {
		c["aud"] = g.Audience
	}
	if all := c["aud"].([]string); len(all) == 1 {
		c["aud"] = all[0]
	}
	for name, value := range map[string]string{
		"client_id": g.ClientID, "scope": strings.Join(g.Scopes, " "), "sid": g.SessionID, "acr": g.ACR, i.tenantClaim: g.Tenant,
	} {
		if value != "" {
			c[name] = value
		}
	}
	if len(g.Roles) > 0 {
		c["roles"] = g.Roles
	}
	if !g.AuthTime.IsZero() {
		c["auth_time"] = g.AuthTime.Unix()
	}
	if g.Confirmation != (authn.Confirmation{}) {
		c["cnf"] = map[string]string{g.Confirmation.Method: g.Confirmation.Value}
	}
	return marshalJSON(c)
}

// checkGrant adds the faults of g, except the faults of its Claims.
func (i *Issuer) checkGrant(f *httperr.ConfigFaults, g Grant, now time.Time) {
	for _, s := range [...]struct {
		name, value string
		required    bool
	}{
		{"Grant.Subject", g.Subject, true},
		{"Grant.ClientID", g.ClientID, false},
		{"Grant.SessionID", g.SessionID, false},
		{"Grant.Tenant", g.Tenant, false},
		{"Grant.ACR", g.ACR, false},
	} {
		switch {
		case s.value == "" && s.required:
			f.Add(s.name, nil, "is empty", "name the user or the program that the token is for")
		case !isCleanText(s.value):
			f.Add(s.name, nil, "has a control character or invalid UTF-8", "use printable text")
		}
	}
	if g.Tenant != "" && i.tenantClaim == "" {
		f.Add("Grant.Tenant", nil, "there is no claim for it", "set Config.TenantClaim")
	}
	if t := g.AuthTime; !t.IsZero() && (t.Unix() < 1 || t.After(now)) {
		f.Add("Grant.AuthTime", nil, "is in the future, or before 1970", "set when the subject logged in, or leave it zero")
	}
	checkConfirmation(f, g.Confirmation)
	for n, s := range g.Scopes {
		if !field.Scope(s) {
			f.Add(fmt.Sprintf("Grant.Scopes[%d]", n), nil, "is not a scope-token (RFC 6749, section 3.3)",
				"use visible ASCII without quotes and backslashes, one entry for each scope")
		}
	}
	for n, s := range g.Roles {
		if s == "" || !isCleanText(s) {
			f.Add(fmt.Sprintf("Grant.Roles[%d]", n), nil, "is empty, or has a control character or invalid UTF-8", "use printable text")
		}
	}
	for n, s := range g.Audience {
		if !slices.Contains(i.audience, s) {
			f.Add(fmt.Sprintf("Grant.Audience[%d]", n), nil, "is not in Config.Audience", "name services of this issuer")
		}
	}
	if d := g.Lifetime; d < 0 || d > i.lifetime || d%time.Second != 0 {
		f.Add("Grant.Lifetime", d, fmt.Sprintf("is negative, more than %v (Config.Lifetime), or not of whole seconds", i.lifetime),
			"use a shorter one, or leave it zero")
	}
}

// checkConfirmation adds the faults of c, which a Verifier would refuse.
func checkConfirmation(f *httperr.ConfigFaults, c authn.Confirmation) {
	if c == (authn.Confirmation{}) {
		return
	}
	if c.Method != "x5t#S256" && c.Method != "jkt" {
		f.Add("Grant.Confirmation.Method", nil, "is not x5t#S256 or jkt", "use x5t#S256 for the certificate of the client in mutual TLS")
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil || len(sum) != sha256.Size || len(c.Value) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		f.Add("Grant.Confirmation.Value", nil, "is not a SHA-256 in base64url without padding", "use mtls.Peer.Thumbprint")
	}
}

// isCleanText reports whether s is valid in a claim. A Verifier has the same rule.
func isCleanText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
