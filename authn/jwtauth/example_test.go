package jwtauth_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

func Example() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)

	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
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

	// The issuer signs a token.
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

// Invoice has the custom claims of this service. Their names must match exactly.
type Invoice struct {
	Account string `json:"account"`
	Limit   int    `json:"limit"`
}

func (i Invoice) Validate(context.Context) error {
	if i.Account == "" || i.Limit < 0 {
		return errors.New("no account, or a negative limit")
	}
	return nil
}

func ExampleNewTyped() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	verifier, err := jwtauth.NewTyped[Invoice](jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
	})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := verifier.Token(r.Context())
		_, _ = fmt.Fprintf(w, "%s of %s may spend %d", token.Subject, token.Claims.Account, token.Claims.Limit)
	}))

	for _, own := range []jwt.MapClaims{{"account": "acme", "limit": 100}, {"account": "acme", "Limit": 9000}, {"limit": 100}} {
		fmt.Println(send(h, sign(private, "https://issuer.example", own)))
	}
	// Output:
	// 200 ann of acme may spend 100
	// 401
	// 401
}

// A single-page application has its token in a cookie. A page of another site can make the
// browser send the cookie, but gets no answer to a POST or to a WebSocket.
func ExampleConfig_sources() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin("https://app.example"); err != nil {
		panic(err)
	}
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
		Sources: jwtauth.Sources{
			Cookie:      "__Host-token",
			CrossOrigin: protection,
			Subprotocol: "access_token", // new WebSocket(url, ["chat", "access_token", token])
		},
	})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%q", r.Header.Get("Sec-WebSocket-Protocol"))
	}))

	token := sign(private, "https://issuer.example", nil)
	for _, header := range []http.Header{
		{"Origin": {"https://app.example"}, "Cookie": {"__Host-token=" + token}},
		{"Origin": {"https://evil.example"}, "Cookie": {"__Host-token=" + token}},
		{"Sec-Websocket-Protocol": {"chat, access_token, " + token}},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header = header
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			w.Body.Reset()
		}
		fmt.Printf("%d%s\n", w.Code, w.Body)
	}
	// Output:
	// 200""
	// 403
	// 200"chat, access_token"
}

// Two issuers have keys with the same kid. A key of one issuer verifies no token of the
// other.
func ExampleConfig_issuers() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	publicPartner, privatePartner, _ := ed25519.GenerateKey(rand.Reader)
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuers: []jwtauth.TrustedIssuer{{
			Issuer:   "https://issuer.example",
			Audience: []string{"https://notes.example"},
			Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
		}, {
			Issuer:     "https://partner.example",
			Audience:   []string{"https://notes.example"},
			Keys:       jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: publicPartner}),
			RolesClaim: "groups",
		}},
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
		_, _ = fmt.Fprintf(w, "%s of %s", p.Subject, p.Issuer)
	}))

	fmt.Println(send(h, sign(private, "https://issuer.example", nil)))
	fmt.Println(send(h, sign(privatePartner, "https://partner.example", nil)))
	fmt.Println(send(h, sign(privatePartner, "https://issuer.example", nil)))
	// Output:
	// 200 ann of https://issuer.example
	// 200 ann of https://partner.example
	// 401
}

// A service signed {"user_id":7,"exp":…} itself, with one secret and golang-jwt. Now an issuer
// signs the tokens, and the users with an old token stay logged in until it expires.
func ExampleLegacy() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	secret := []byte("the secret that the service signed with")

	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
		Legacy: &jwtauth.Legacy{
			Issuer:       "https://issuer.example", // it gives the users the same subjects
			Secrets:      []jwks.Secret{{Algorithm: jwks.HS256, Value: secret}},
			Until:        time.Now().Add(30 * 24 * time.Hour), // write the date of the last login, plus the lifetime
			MaxLifetime:  30 * 24 * time.Hour,
			SubjectClaim: "user_id",
		},
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
		_, _ = fmt.Fprintf(w, "%s of %s", p.Subject, p.Issuer)
	}))

	old := func(claims jwt.MapClaims) string {
		claims["exp"] = time.Now().Add(7 * 24 * time.Hour).Unix()
		signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
		if err != nil {
			panic(err)
		}
		return signed
	}
	fmt.Println(send(h, old(jwt.MapClaims{"user_id": 7})))
	fmt.Println(send(h, sign(private, "https://issuer.example", jwt.MapClaims{"sub": "7"})))
	fmt.Println("password reset:", send(h, old(jwt.MapClaims{"user_id": 7, "purpose": "reset"})))
	fmt.Println("another issuer:", send(h, old(jwt.MapClaims{"user_id": 7, "iss": "https://issuer.example"})))
	// Output:
	// 200 7 of https://issuer.example
	// 200 7 of https://issuer.example
	// password reset: 401
	// another issuer: 401
}

// Explain says everything that is wrong with a token. It belongs into a log, not into a
// response.
func ExampleVerifier_Explain() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://shop.example"},
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
	})
	if err != nil {
		panic(err)
	}
	for _, problem := range verifier.Explain(context.Background(), sign(private, "https://issuer.example", jwt.MapClaims{"jti": nil})) {
		fmt.Println(problem)
	}
	// Output:
	// aud: found "https://notes.example", wanted "https://shop.example" (Config.Audience)
	// jti: found null, wanted a value (Config.Issuers[0].OptionalTokenID)
}

// A token that is bound to the certificate of a client (RFC 8705) is worthless to a thief: each
// request needs a connection with that certificate. The issuer has put its SHA-256 into cnf.
func ExampleConfig_confirm() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example"},
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
		Confirm: func(r *http.Request, c authn.Confirmation) error {
			if c.Method != "x5t#S256" {
				return errors.New("the token is not bound to a certificate")
			}
			if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
				return errors.New("the connection has no client certificate")
			}
			sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
			if base64.RawURLEncoding.EncodeToString(sum[:]) != c.Value {
				return errors.New("the client certificate is another one")
			}
			return nil
		},
	})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	if err != nil {
		panic(err)
	}
	server := httptest.NewUnstartedServer(auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()

	mine, theirs := clientCertificate(), clientCertificate()
	sum := sha256.Sum256(mine.Certificate[0])
	token := sign(private, "https://issuer.example", jwt.MapClaims{
		"cnf": map[string]string{"x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])},
	})
	for _, certificates := range [][]tls.Certificate{{mine}, {theirs}, nil} {
		transport := server.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = certificates
		r, _ := http.NewRequest("GET", server.URL, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := (&http.Client{Transport: transport}).Do(r)
		if err != nil {
			panic(err)
		}
		_ = res.Body.Close()
		transport.CloseIdleConnections()
		fmt.Println(res.StatusCode)
	}
	// Output:
	// 200
	// 401
	// 401
}

// clientCertificate returns a certificate that the client has signed itself.
func clientCertificate() tls.Certificate {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// A login client verifies the ID token of the provider with the nonce that it sent there. The
// claims of the user beyond those of authn.Principal are typed.
func ExampleNewIDToken() {
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	verifier, err := jwtauth.NewIDToken[User](jwtauth.IDTokenConfig{
		Issuer:   "https://issuer.example",
		ClientID: "notes-web",
		Keys:     jwks.Static(jwks.Key{ID: "2026-11", Algorithm: jwks.EdDSA, Public: public}),
	})
	if err != nil {
		panic(err)
	}
	// The provider answers the login that had the nonce n-42.
	issued := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "https://issuer.example", "aud": "notes-web", "sub": "ann", "nonce": "n-42", "email": "ann@example.com",
		"iat": time.Now().Unix(), "exp": time.Now().Add(10 * time.Hour).Unix(),
	})
	issued.Header["kid"] = "2026-11"
	signed, err := issued.SignedString(private)
	if err != nil {
		panic(err)
	}
	for _, nonce := range []string{"n-42", "n-43"} {
		token, err := verifier.Verify(context.Background(), signed, jwtauth.IDTokenRequest{Nonce: nonce})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(token.Subject, token.Claims.Email)
	}
	// Output:
	// ann ann@example.com
	// invalid_credentials: jwtauth: missing or malformed claim: nonce is not the nonce of the login
}

// User has the claims of the people who log in.
type User struct {
	Email string `json:"email"`
}

// sign returns a token as an issuer would sign it.
func sign(private ed25519.PrivateKey, iss string, own jwt.MapClaims) string {
	claims := jwt.MapClaims{
		"iss": iss, "aud": "https://notes.example", "sub": "ann", "jti": "7d3c",
		"iat": time.Now().Unix(), "exp": time.Now().Add(15 * time.Minute).Unix(),
	}
	for name, value := range own {
		claims[name] = value
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", "2026-11"
	signed, err := token.SignedString(private)
	if err != nil {
		panic(err)
	}
	return signed
}

// send returns the status and, if the token is accepted, the body of the response.
func send(h http.Handler, token string) string {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 {
		return fmt.Sprint(w.Code)
	}
	return fmt.Sprint(w.Code, " ", w.Body)
}

// A Verifier without an Audience would accept a token that a user gave to any other service of the
// issuer, and a secret that the service shares with its clients lets every client sign. New
// refuses the first, and the second needs a function with Insecure in its name.
func Example_incorrect() {
	_, err := jwtauth.New(jwtauth.Config{
		Issuer: "https://issuer.example",
		Keys:   jwks.Static(jwks.Key{Algorithm: "HS256", Public: []byte("secret")}),
	})
	fmt.Println(err)
	// Output:
	// jwtauth: Keys[0].Algorithm: "HS256": whoever can verify with a shared secret can sign; let the issuer sign with a private key, such as of ES256
	// jwtauth: Keys[0].Public: "[]uint8": is not a parsed public key; pass *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey, as crypto/x509 returns them; a shared secret is for InsecureSharedSecrets
	// jwtauth: Audience: is empty; set it to the aud that your issuer gives tokens for this service
}
