package tokens

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwks"
)

func chiJWT(t *testing.T) map[string]string {
	iss := authntest.NewIssuer(t, issuer, audience)
	v, show, err := chiAfter(iss, secret, time.Now().Add(72*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	old := signed(t, secret, jwt.MapClaims{"sub": "7", "plan": "gold", "exp": in(time.Hour)})
	cookie := func(method string, fields ...string) *http.Request {
		r := header(append(fields, "Cookie", "jwt="+old)...)
		r.Method = method
		return r
	}
	now := time.Now()
	return map[string]string{"chi": compare([]string{"jwtauth of chi", "here"}, []http.Handler{chiBefore(secret), guard(t, v).Handler(show)},
		try{"a token of before in the Authorization field", bearer(old)},
		try{"in the cookie", cookie("GET")},
		try{"in the cookie, POST from a page of the same origin", cookie("POST", "Sec-Fetch-Site", "same-origin")},
		try{"in the cookie, POST from a page of another site", cookie("POST", "Sec-Fetch-Site", "cross-site")},
		try{"in the cookie and in the field", cookie("GET", "Authorization", "Bearer "+old)},
		try{"a new token with the claim plan", bearer(iss.Sign(map[string]any{
			"iss": issuer, "aud": audience, "sub": "7", "jti": "1", "iat": now.Unix(), "exp": in(time.Hour), "plan": "gold"}))},
		try{"a claim that is not in `Claims`", bearer(signed(t, secret, jwt.MapClaims{"sub": "7", "purpose": "reset", "exp": in(time.Hour)}))},
		try{"without exp", bearer(signed(t, secret, jwt.MapClaims{"sub": "7", "plan": "gold"}))},
	)}
}

// ecKey is a key of an issuer, with a function that signs.
func ecKey(t *testing.T) (*ecdsa.PrivateKey, jwks.Source, func(typ string, c jwt.MapClaims) string) {
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	source := jwks.Static(jwks.Key{ID: "k", Algorithm: jwks.ES256, Public: key.Public()})
	return key, source, func(typ string, c jwt.MapClaims) string {
		token := jwt.NewWithClaims(jwt.SigningMethodES256, c)
		token.Header["kid"], token.Header["typ"] = "k", typ
		return must[string](t)(token.SignedString(key))
	}
}

// date is the part of an explanation that differs in each run.
var date = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

func auth0Tokens(t *testing.T) map[string]string {
	key, source, sign := ecKey(t)
	before := must[http.Handler](t)(auth0Before(func(context.Context) (any, error) { return key.Public(), nil }))
	v, after, err := auth0After(source)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(jwt.MapClaims)) string {
		tenant := "https://" + auth0Domain + "/"
		c := jwt.MapClaims{"iss": tenant, "sub": "auth0|7", "aud": []string{audience, tenant + "userinfo"},
			"azp": "app", "iat": time.Now().Unix(), "exp": in(24 * time.Hour), "scope": "openid", "permissions": []string{"read:notes"}}
		change(c)
		return sign("JWT", c)
	}
	noPermission := with(func(c jwt.MapClaims) { c["permissions"] = []string{} })
	week := with(func(c jwt.MapClaims) { c["exp"] = in(7 * 24 * time.Hour) })
	idToken := with(func(c jwt.MapClaims) {
		delete(c, "scope")
		delete(c, "permissions")
		c["nonce"] = "n"
		c["aud"] = audience
	})
	var explained strings.Builder
	for _, token := range []string{week, idToken} {
		for _, problem := range v.Explain(t.Context(), token) {
			explained.WriteString(problem.String() + "\n")
		}
	}
	return map[string]string{"auth0": compare([]string{"go-jwt-middleware", "here"}, []http.Handler{before, after},
		try{"an access token with the permission", bearer(with(func(jwt.MapClaims) {}))},
		try{"without the permission", bearer(noPermission)},
		try{"no token", header()},
		try{"of another audience", bearer(with(func(c jwt.MapClaims) { c["aud"] = "https://other.example" }))},
		try{"with a lifetime of a week", bearer(week)},
		try{"without exp", bearer(with(func(c jwt.MapClaims) { delete(c, "exp") }))},
		try{"an ID token with the permission, if its aud is the API", bearer(with(func(c jwt.MapClaims) { c["nonce"] = "n"; c["aud"] = audience }))},
	), "auth0-explain": date.ReplaceAllString(explained.String(), "2026-12-08T00:00:00Z")}
}

func goOIDC(t *testing.T) map[string]string {
	key, source, sign := ecKey(t)
	before := oidcBefore(&oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key.Public()}})
	after := must[http.Handler](t)(oidcAfter(source))
	token := func(typ string, more ...string) string {
		c := jwt.MapClaims{"iss": issuer, "sub": "7", "aud": audience, "iat": time.Now().Unix(), "exp": in(time.Hour)}
		for _, name := range more {
			c[name] = "x"
		}
		return sign(typ, c)
	}
	return map[string]string{"go-oidc": compare([]string{"go-oidc", "here"}, []http.Handler{before, after},
		try{"an access token of RFC 9068", bearer(token("at+jwt", "jti", "client_id"))},
		try{"an ID token in the place of an access token", bearer(token("JWT", "nonce"))},
		try{"a logout token", bearer(token("logout+jwt", "jti", "sid"))},
		try{"no token", header()},
	)}
}
