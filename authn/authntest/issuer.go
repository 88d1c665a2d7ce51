package authntest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

// Issuer issues access tokens (RFC 9068), good and bad, that are signed with ES256. It is
// a jwks.Source with its own key, for jwtauth.Config.Keys. It is safe for concurrent use;
// make one with NewIssuer.
type Issuer struct {
	t        testing.TB
	issuer   string
	audience []string
	key      jwtissuer.SigningKey
	keys     *jwtissuer.Issuer
	typ      string
}

// NewIssuer returns an issuer with a new key. issuer and audience are those of the service
// under test: iss, an https URL, and aud. NewIssuer fails t for a faulty issuer or
// audience, and Sign for claims that encoding/json cannot marshal.
func NewIssuer(t testing.TB, issuer string, audience ...string) *Issuer {
	t.Helper()
	key := newKey(t)
	keys, err := jwtissuer.New(jwtissuer.Config{Issuer: issuer, Audience: audience, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return &Issuer{t: t, issuer: issuer, audience: audience, key: key, keys: keys, typ: claim.DefaultType}
}

func newKey(t testing.TB) jwtissuer.SigningKey {
	t.Helper()
	key, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Key implements jwks.Source.
func (i *Issuer) Key(ctx context.Context, issuer, kid, alg string) (jwks.Key, error) {
	return i.keys.Key(ctx, issuer, kid, alg)
}

// JWKS returns the handler of the public key, for a service that fetches it from a URL.
func (i *Issuer) JWKS() http.Handler { return i.keys.JWKS() }

// Trusted returns the settings with which a Verifier accepts the tokens: of RFC 9068, with
// the roles in the claim roles. A test of settings of your own sets only their Keys to the
// Issuer, and makes the tokens with WithType if their Types are others.
func (i *Issuer) Trusted() jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{Issuer: i.issuer, Audience: i.audience, Keys: i, RolesClaim: claim.DefaultRoles}
}

// WithType returns an Issuer with the same key, whose tokens have the header parameter typ
// that is given, or no typ if it is empty. WithType("JWT") fits the settings of idp.Auth0, for example.
func (i *Issuer) WithType(typ string) *Issuer {
	another := *i
	another.typ = typ
	return &another
}

// Token returns a token of subject with the scopes, which is valid for an hour.
func (i *Issuer) Token(subject string, scopes ...string) string {
	i.t.Helper()
	return i.Sign(withScopes(subject, scopes))
}

// Expired returns a token that was valid until an hour ago.
func (i *Issuer) Expired(subject string, scopes ...string) string {
	i.t.Helper()
	claims, now := withScopes(subject, scopes), time.Now()
	claims["iat"], claims["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	return i.Sign(claims)
}

// Forged returns a token as Token does, whose kid is that of the Issuer and whose
// signature is of another key.
func (i *Issuer) Forged(subject string, scopes ...string) string {
	i.t.Helper()
	forger := *i
	forger.key.Private = newKey(i.t).Private
	return forger.Token(subject, scopes...)
}

// Sign returns a token with the claims of Token for a subject named test, except that
// claims has others: a member of claims takes the place of the claim with its name or
// stands beside the others, and a nil member removes the claim.
//
//	admin := issuer.Sign(map[string]any{"sub": "anna", "roles": []string{"admin"}})
//	other := issuer.Sign(map[string]any{"aud": "https://another.example"})
func (i *Issuer) Sign(claims map[string]any) string {
	i.t.Helper()
	now := time.Now().Unix()
	all := map[string]any{
		"iss": i.issuer, "sub": "test", "aud": i.audience, "client_id": "test", "jti": rand.Text(), "iat": now, "exp": now + 3600,
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(all)
	if err != nil {
		i.t.Fatal(err)
	}
	names := map[string]string{"alg": string(i.key.Algorithm), "kid": i.key.ID}
	if i.typ != "" {
		names["typ"] = i.typ
	}
	header := jwa.Object(names)
	signed := jwa.Encode(header) + "." + jwa.Encode(text)
	a, _ := jwa.Lookup(string(i.key.Algorithm))
	signature, err := a.Method.Sign(signed, i.key.Private)
	if err != nil {
		i.t.Fatal(err)
	}
	return signed + "." + jwa.Encode(signature)
}

func withScopes(subject string, scopes []string) map[string]any {
	claims := map[string]any{"sub": subject}
	if len(scopes) > 0 {
		claims["scope"] = strings.Join(scopes, " ")
	}
	return claims
}
