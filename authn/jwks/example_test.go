package jwks_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// NewRemote takes the keys of an issuer from its jwks_uri. Ready is optional: without it,
// the first request waits for the keys.
func ExampleNewRemote() {
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		_, _ = io.WriteString(w, `{"keys":[
			{"kid":"2026-11","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
			{"kid":"2026-12","kty":"EC","crv":"P-224","x":"","y":""}]}`)
	}))
	defer issuer.Close()

	keys, err := jwks.NewRemote(jwks.RemoteConfig{
		URL: issuer.URL,
		OnRefresh: func(r jwks.Refresh) { // set a metric and raise an alarm here
			fmt.Println(r.Keys, "key in use", r.Err)
			for _, reason := range r.Skipped {
				fmt.Println(reason)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	if err := keys.Ready(context.Background()); err != nil {
		panic(err)
	}
	verifier, err := jwtauth.New(jwtauth.Config{Issuer: "https://issuer.example", Audience: []string{"https://notes.example"}, Keys: keys})
	if err != nil {
		panic(err)
	}
	_ = verifier // one of the Authenticators of authn.Config

	_ = keys.Close() // when the program ends
	// Output:
	// 1 key in use <nil>
	// jwks: keys[1].crv: is not P-256, P-384 or P-521; leave it as it is, unless it is to verify tokens
}

// Discover needs only the URL of the issuer, exactly as in the iss of its tokens. It reads
// the metadata of the issuer (OpenID Connect Discovery, RFC 8414) to find the keys.
func ExampleDiscover() {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, server.URL, server.URL+"/keys")
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[{"kid":"2026-11","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	})

	keys := jwks.Discover(server.URL)
	defer func() { _ = keys.Close() }()
	key, err := keys.Key(context.Background(), server.URL, "2026-11", "EdDSA")
	fmt.Println(key.ID, key.Algorithm, err)

	// A slash at the end counts, because it is a part of iss.
	wrong := jwks.Discover(server.URL + "/")
	defer func() { _ = wrong.Close() }()
	fmt.Println(wrong.Ready(context.Background()) == nil)
	// Output:
	// 2026-11 EdDSA <nil>
	// false
}

// InsecureSharedSecrets verifies tokens that the same service has signed with a secret, as
// golang-jwt, jsonwebtoken and PyJWT do. Such tokens have no kid, so the secret needs no ID.
func ExampleInsecureSharedSecrets() {
	keys := jwks.InsecureSharedSecrets(
		jwks.Secret{Value: []byte(os.Getenv("JWT_SECRET"))}, // unset
		jwks.Secret{ID: "2026-11", Algorithm: jwks.HS512, Value: []byte("only 23 bytes of secret")},
	)
	_, err := jwtauth.New(jwtauth.Config{Issuer: "https://issuer.example", Audience: []string{"https://notes.example"}, Keys: keys})
	fmt.Println(err)
	// Output:
	// jwtauth: Keys[0].Value: 0 bytes are no secret; use 32 bytes or more from crypto/rand
	// jwtauth: Keys[1].Value: 23 bytes can be guessed by trying secrets on one token; use 64 bytes or more from crypto/rand, or set DangerouslyShort while the issuer changes its secret
}

// A URL is enough in most cases. jwtauth.New reports its faults together with all others.
func ExampleRemote() {
	_, err := jwtauth.New(jwtauth.Config{
		Issuer: "https://issuer.example",
		Keys:   jwks.Remote("http://issuer.example/.well-known/jwks.json"),
	})
	fmt.Println(err)
	// Output:
	// jwtauth: Keys.URL: is not https, so an attacker on the network could answer in its place; use https; http is accepted on loopback addresses and for InsecureHTTPHosts alone
	// jwtauth: Audience: is empty; set it to the aud that your issuer gives tokens for this service
}

// File reads a key that is mounted into the file system, for example from a Kubernetes
// Secret. A key in PEM has no ID, so its thumbprint (RFC 7638) is its ID: the kid of the
// tokens.
func ExampleFile() {
	folder, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "issuer.pem")
	err = os.WriteFile(path, []byte(`-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`), 0o600)
	if err != nil {
		panic(err)
	}

	keys := jwks.File(path)
	key, err := keys.Key(context.Background(), "https://issuer.example", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "EdDSA")
	fmt.Println(key.Algorithm, err)

	// A key that is removed from the file is no longer a key, and a file that cannot be
	// used is refused when the program starts.
	_, err = keys.Key(context.Background(), "https://issuer.example", "another", "EdDSA")
	fmt.Println(errors.Is(err, jwks.ErrUnknownKey))
	_, err = jwks.NewFile(jwks.FileConfig{Path: filepath.Join(folder, "missing.pem")})
	fmt.Println(err != nil)
	// Output:
	// EdDSA <nil>
	// true
	// true
}

// Static holds keys in the program. With several keys an issuer can change over from one
// to the next.
func ExampleStatic() {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	keys := jwks.Static(
		jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public},
		jwks.Key{ID: "2026-12", Algorithm: jwks.ES256, Public: public},
	)
	_, err = jwtauth.New(jwtauth.Config{Issuer: "https://issuer.example", Audience: []string{"https://notes.example"}, Keys: keys})
	fmt.Println(err)
	// Output:
	// jwtauth: Keys[1].Public: "ed25519.PublicKey": does not fit the algorithm ES256; use the algorithm EdDSA
}
