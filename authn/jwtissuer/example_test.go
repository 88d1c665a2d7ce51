package jwtissuer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

// A service that issues its own tokens verifies them without HTTP, and publishes
// the keys for others.
func ExampleIssuer() {
	key, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		panic(err)
	}
	issuer, err := jwtissuer.New(jwtissuer.Config{
		Issuer:   "https://notes.example",
		Audience: []string{"https://notes.example/api"},
		Key:      key,
	})
	if err != nil {
		panic(err)
	}
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://notes.example",
		Audience: []string{"https://notes.example/api"},
		Keys:     issuer,
	})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/.well-known/jwks.json", issuer.JWKS())
	mux.Handle("GET /notes", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s may read: %v", p.Subject, p.HasScope("notes:read"))
	})))

	// After a login:
	issued, err := issuer.Issue(jwtissuer.Grant{Subject: "ann", ClientID: "web", Scopes: []string{"notes:read"}})
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest("GET", "/notes", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	// Once a month:
	next, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		panic(err)
	}
	if err := issuer.Rotate(next); err != nil {
		panic(err)
	}
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output:
	// 200 ann may read: true
	// 200 application/jwk-set+json
}
