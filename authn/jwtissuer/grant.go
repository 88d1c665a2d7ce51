package jwtissuer

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Grant is what a token says. Each string of it must be valid UTF-8 without
// control characters.
type Grant struct {
	_ [0]func()

	Subject   string // sub, whom the token stands for. Required
	ClientID  string // client_id, the program that acts for Subject. Required (RFC 9068, section 2.2)
	SessionID string // sid; optional
	Tenant    string // in Config.TenantClaim; optional
	ACR       string // acr, the strength of the login; optional

	// AuthTime is when Subject logged in, cut to seconds (auth_time). It is not
	// in the future. Optional.
	AuthTime time.Time

	// Scopes are what the token may be used for, each a scope-token (RFC 6749,
	// section 3.3), and Roles what Subject is.
	Scopes []string
	Roles  []string

	// Audience has those of Config.Audience that the token is for: the
	// fewer services take it, the fewer can pass it on. Default: all.
	Audience []string

	// Lifetime is how long the token is good for, in whole seconds, at most the
	// Lifetime of the Issuer, which is the default.
	Lifetime time.Duration

	// Claims are further claims: a value that encoding/json makes an object of.
	// None may have the name of a claim that package jwtauth reads, in any case;
	// the tenant's is such a name where TenantClaim is set. Text in it must be
	// valid UTF-8.
	Claims any
}

// Issued is a token, and what to remember of it.
type Issued struct {
	Token     string    // the credential itself: neither log nor store it
	ID        string    // jti: 130 random bits
	ExpiresAt time.Time // exp
}

// Issue signs a token for g, now. Everything that is wrong with g is in the
// error, joined, each a *httperr.ConfigError. No text of g is in it, but for
// what encoding/json says of Claims that it cannot marshal. A Verifier with the
// same Issuer, Audience and TenantClaim, no shorter MaxLifetime, and the defaults
// of Type, ScopeClaim and RolesClaim accepts every token that was issued. A token
// that would be longer than the 8 KiB that a Verifier reads is refused.
func (i *Issuer) Issue(g Grant) (Issued, error) {
	now := time.Now()
	keys := *i.ring.Load()
	key := keys[keys.signer(now)].signingKey

	f := httperr.ConfigFaults{Package: pkg}
	i.checkGrant(&f, g, now)
	custom := i.custom(&f, g.Claims)
	if err := f.Err(); err != nil {
		return Issued{}, err
	}
	// Rounded down, so that a clock that is a little slow does not find it in
	// the future.
	issued := now.Unix()
	life := cmp.Or(g.Lifetime, i.lifetime)
	out := Issued{ID: rand.Text(), ExpiresAt: time.Unix(issued+int64(life/time.Second), 0).UTC()}
	text, err := i.claimsOf(g, out, issued)
	if err != nil {
		return Issued{}, err
	}
	if out.Token, err = key.sign(join(text, custom)); err != nil {
		return Issued{}, err
	}
	if n := len(out.Token); n > claim.MaxToken {
		f.Add("Grant", nil, fmt.Sprintf("the token would have %d bytes, and more than %d are never accepted", n, claim.MaxToken), "leave out what the services can look up")
		return Issued{}, f.Err()
	}
	return out, nil
}

// claimsOf returns the JSON of the claims of g (RFC 9068, section 2.2), but for those
// of Grant.Claims.
func (i *Issuer) claimsOf(g Grant, out Issued, issued int64) (string, error) {
	c := map[string]any{
		"iss": i.issuer, "sub": g.Subject, "client_id": g.ClientID, "aud": i.audience,
		"iat": issued, "exp": out.ExpiresAt.Unix(), "jti": out.ID,
	}
	if len(g.Audience) > 0 {
		c["aud"] = g.Audience
	}
	if all := c["aud"].([]string); len(all) == 1 {
		c["aud"] = all[0]
	}
	for name, value := range map[string]string{"scope": strings.Join(g.Scopes, " "), "sid": g.SessionID, "acr": g.ACR, i.tenantClaim: g.Tenant} {
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
	return marshal(c)
}

// checkGrant adds what is wrong with g, but for its Claims.
func (i *Issuer) checkGrant(f *httperr.ConfigFaults, g Grant, now time.Time) {
	for _, s := range [...]struct {
		name, value string
		required    bool
	}{
		{"Grant.Subject", g.Subject, true},
		{"Grant.ClientID", g.ClientID, true},
		{"Grant.SessionID", g.SessionID, false},
		{"Grant.Tenant", g.Tenant, false},
		{"Grant.ACR", g.ACR, false},
	} {
		switch {
		case s.value == "" && s.required:
			f.Add(s.name, nil, "is empty", "say whom the token is for and which program gets it (RFC 9068, section 2.2)")
		case !clean(s.value):
			f.Add(s.name, nil, "has a control character or invalid UTF-8", "use printable text")
		}
	}
	if g.Tenant != "" && i.tenantClaim == "" {
		f.Add("Grant.Tenant", nil, "there is no claim for it", "set Config.TenantClaim")
	}
	if t := g.AuthTime; !t.IsZero() && (t.Unix() < 1 || t.After(now)) {
		f.Add("Grant.AuthTime", nil, "is in the future, or before 1970", "set when the subject logged in, or leave it zero")
	}
	for n, s := range g.Scopes {
		if !field.Scope(s) {
			f.Add(fmt.Sprintf("Grant.Scopes[%d]", n), nil, "is not a scope-token (RFC 6749, section 3.3)", "use visible ASCII without quotes and backslashes, one entry for each scope")
		}
	}
	for n, s := range g.Roles {
		if s == "" || !clean(s) {
			f.Add(fmt.Sprintf("Grant.Roles[%d]", n), nil, "is empty, or has a control character or invalid UTF-8", "use printable text")
		}
	}
	for n, s := range g.Audience {
		if !slices.Contains(i.audience, s) {
			f.Add(fmt.Sprintf("Grant.Audience[%d]", n), nil, "is not in Config.Audience", "name services of this issuer")
		}
	}
	if d := g.Lifetime; d < 0 || d > i.lifetime || d%time.Second != 0 {
		f.Add("Grant.Lifetime", d, fmt.Sprintf("is negative, more than %v (Config.Lifetime), or not of whole seconds", i.lifetime), "use a shorter one, or leave it zero")
	}
}

// clean reports whether s is fit for a claim. A Verifier judges alike.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }
