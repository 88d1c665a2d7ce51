package jwtissuer_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authn/mtls"
)

// newNotes returns the issuer of a service for notes.
func newNotes() *jwtissuer.Issuer {
	key, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		panic(err)
	}
	key.ID = "2026-11" // the default is the thumbprint of the key
	issuer, err := jwtissuer.New(jwtissuer.Config{
		Issuer:   "https://notes.example",
		Audience: []string{"https://notes.example/api"},
		Key:      key,
	})
	if err != nil {
		panic(err)
	}
	return issuer
}

// New returns all faults of a Config at once.
func ExampleNew() {
	_, err := jwtissuer.New(jwtissuer.Config{Issuer: "http://notes.example", Key: jwtissuer.SigningKey{Algorithm: jwks.ES256}})
	fmt.Println(err)
	// Output:
	// jwtissuer: Issuer: "http://notes.example": is not https, so an attacker on the network could answer in its place; use https; http is accepted on loopback addresses alone
	// jwtissuer: Audience: is empty; name the services that the tokens are for
	// jwtissuer: Key.Private: "<nil>": is missing; use GenerateKey, or parse a key with crypto/x509 and check the error
}

// A token that is bound to the certificate of its client (RFC 8705). The services verify it with
// mtls.Authenticator.Confirm as jwtauth.Config.Confirm.
func ExampleGrant_confirmation() {
	issuer := newNotes()
	// mtls.PeerFrom(r.Context()) returns the client in the handler that issues tokens.
	client := &mtls.Peer{Subject: "spiffe://notes.example/web", Thumbprint: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
	issued, err := issuer.Issue(jwtissuer.Grant{
		Subject:      "ann",
		ClientID:     client.Subject,
		Confirmation: authn.Confirmation{Method: "x5t#S256", Value: client.Thumbprint},
	})
	if err != nil {
		panic(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(issued.Token, ".")[1])
	_, cnf, _ := strings.Cut(string(payload), `"cnf":`)
	fmt.Println(cnf[:strings.Index(cnf, "}")+1], err)
	// Output:
	// {"x5t#S256":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"} <nil>
}

// A service that issues its own tokens verifies them without HTTP.
func ExampleIssuer_Issue() {
	issuer := newNotes()
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
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s may read: %v", p.Subject, p.HasScope("notes:read"))
	}))

	// After a login, issue a token.
	issued, err := issuer.Issue(jwtissuer.Grant{Subject: "ann", ClientID: "web", Scopes: []string{"notes:read"}})
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest("GET", "/notes", nil)
	r.Header.Set("Authorization", "Bearer "+issued.Token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 ann may read: true
}

// A folder of keys is read again when it changes. The next key is a new file.
func ExampleKeyFile() {
	folder, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := os.WriteFile(filepath.Join(folder, "2026-11.pem"), newPEM(), 0o600); err != nil {
		panic(err)
	}
	issuer, err := jwtissuer.New(jwtissuer.Config{
		Issuer:   "https://notes.example",
		Audience: []string{"https://notes.example/api"},
		KeyFile: jwtissuer.KeyFile{Path: folder, OnRefresh: func(r jwks.Refresh) {
			fmt.Println("keys:", r.Keys, "fault:", r.Err)
		}},
	})
	if err != nil {
		panic(err)
	}
	issued, err := issuer.Issue(jwtissuer.Grant{Subject: "ann"}) // a service without clients needs no ClientID
	fmt.Println(issued.Token != "", err)
	// Output:
	// keys: 1 fault: <nil>
	// true <nil>
}

// newPEM does what openssl genpkey -algorithm ed25519 does.
func newPEM() []byte {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// A client authenticates to an authorization server with a key in the place of a secret.
func ExampleAssertionSigner() {
	key, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		panic(err)
	}
	signer, err := jwtissuer.NewAssertionSigner(jwtissuer.AssertionConfig{
		ClientID: "notes-web",
		Audience: "https://issuer.example",
		Key:      key, // its public key is registered at the server
	})
	if err != nil {
		panic(err)
	}
	assertion, err := signer.Sign() // a new one for each request
	if err != nil {
		panic(err)
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}
	fmt.Println(len(form), strings.Count(assertion, "."))
	// Output:
	// 3 2
}

// A token is signed and not encrypted, so Issue refuses what its holder may not read.
func ExampleIssuer_Issue_secret() {
	_, err := newNotes().Issue(jwtissuer.Grant{Subject: "ann", Claims: map[string]any{
		"plan": "pro",
		"user": map[string]any{"name": "Ann", "password_hash": "$2a$10$N9qo8uLO"},
	}})
	fmt.Println(err)
	// Output:
	// jwtissuer: Grant.Claims.user.password_hash: has the name of a secret, and every holder of a token reads its claims; leave it out, or give it another name; if its value is public, list "password_hash" in Config.DangerouslyPublicClaims
}

// Rotate takes a new key once a month. The key is published now and signs after
// Config.Ahead.
func ExampleIssuer_Rotate() {
	issuer := newNotes()
	next, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		panic(err)
	}
	next.ID = "2026-12"
	fmt.Println(issuer.Rotate(next))
	fmt.Println(issuer.Rotate(next) != nil) // no key is used twice

	w := httptest.NewRecorder()
	issuer.JWKS().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(strings.Count(w.Body.String(), `"kid"`), "keys are published")
	// Output:
	// <nil>
	// true
	// 2 keys are published
}

// The services fetch the public keys.
func ExampleIssuer_JWKS() {
	mux := http.NewServeMux()
	mux.Handle("/.well-known/jwks.json", newNotes().JWKS())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Println(w.Header().Get("Cache-Control"))
	// Output:
	// 200 application/jwk-set+json
	// public, max-age=300
}
