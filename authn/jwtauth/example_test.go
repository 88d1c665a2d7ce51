package jwtauth_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

func Example() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)

	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     jwtauth.Static(jwtauth.Key{ID: "2026-11", Algorithm: jwtauth.EdDSA, Public: public}),
	})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}, Realm: "notes"})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s may write: %v", p.Subject, p.HasScope("notes:write"))
	}))

	// What the issuer does.
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "https://issuer.example", "aud": "https://notes.example", "sub": "ann", "jti": "7d3c",
		"iat": time.Now().Unix(), "exp": time.Now().Add(15 * time.Minute).Unix(), "scope": "notes:read notes:write",
	})
	token.Header["typ"], token.Header["kid"] = "at+jwt", "2026-11"
	signed, err := token.SignedString(private)
	if err != nil {
		panic(err)
	}

	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+signed)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	// Output:
	// 200 ann may write: true
	// 401 Bearer realm="notes"
}
