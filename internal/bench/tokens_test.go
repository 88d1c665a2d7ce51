package bench

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	tokenIssuer   = "https://issuer.example"
	tokenAudience = "https://api.example"
	tokenSubject  = "auth0|5f7c8ec7c33c6c004bbafe82"
	tokenKey      = "key-2026-11"
)

// A signer is an issuer of tokens, with its public data.
type signer struct {
	alg    string
	method jwt.SigningMethod
	sign   any // for golang-jwt
	verify any
	public crypto.PublicKey // nil if the key is a secret
	jwks   string           // as our Issuer publishes it
}

func newSigner(t testing.TB, alg string) *signer {
	t.Helper()
	s := &signer{alg: alg, method: jwt.GetSigningMethod(alg)}
	if alg == "HS256" {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
		s.sign, s.verify = secret, secret
		return s
	}
	key, err := jwtissuer.GenerateKey(jwks.Algorithm(alg))
	if err != nil {
		t.Fatal(err)
	}
	key.ID = tokenKey
	i, err := jwtissuer.New(jwtissuer.Config{Issuer: tokenIssuer, Audience: []string{tokenAudience}, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	i.JWKS().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	s.jwks, s.sign = w.Body.String(), key.Private
	s.public = key.Private.(crypto.Signer).Public()
	s.verify = s.public
	return s
}

// token returns a token like that of an identity provider, valid for the duration of a
// measurement.
func (s *signer) token(t testing.TB) string { return s.tokenWith(t, nil) }

// tokenWith returns such a token with some claims replaced.
func (s *signer) tokenWith(t testing.TB, replaced jwt.MapClaims) string {
	t.Helper()
	now := time.Now().Unix()
	claims := jwt.MapClaims{
		"iss": tokenIssuer, "sub": tokenSubject, "aud": []string{tokenAudience}, "exp": now + 3500, "iat": now - 60, "nbf": now - 60,
		"jti": "0f4c1d3a9be04b6c8b3b0c3f1a2d5e6f", "client_id": "web", "scope": "notes:read notes:write", "roles": []string{"admin", "editor"},
	}
	maps.Copy(claims, replaced)
	token := jwt.NewWithClaims(s.method, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", tokenKey
	text, err := token.SignedString(s.sign)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tampered returns tokens with one bit of their claims or of their signature changed.
func tampered(token string) []string {
	parts := strings.Split(token, ".")
	claims, signature := decodeSegment(parts[1]), decodeSegment(parts[2])
	forged := strings.Replace(string(claims), tokenSubject, strings.Replace(tokenSubject, "auth0", "admin", 1), 1)
	signature[len(signature)/2] ^= 1
	return []string{
		parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(forged)) + "." + parts[2],
		parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(signature),
	}
}

func decodeSegment(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func withToken(token string) *http.Request {
	return &http.Request{
		Method: "GET", URL: &url.URL{Path: "/"}, Host: "api.example", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Authorization": {"Bearer " + token}}, RemoteAddr: "10.0.0.1:4711",
	}
}

const signatureAlone = "signature alone"

// floorOf measures only the signature, already decoded. Every middleware needs that
// time, and ideally no more.
func (s *signer) floorOf(token string) contender {
	dot := strings.LastIndexByte(token, '.')
	signature := decodeSegment(token[dot+1:])
	return contender{signatureAlone, func(int, int) (bool, error) { return s.method.Verify(token[:dot], signature, s.verify) == nil, nil }}
}

// A guard is one middleware that lets good tokens pass.
type guard struct {
	name    string
	handler func(http.Handler) http.Handler
	subject func(*http.Request) string // as its documentation shows it, inside the handler
}

// contend measures the whole middleware around a handler that does nothing.
func (g guard) contend(token string) contender {
	passed := 0
	h := g.handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ }))
	w, r := mwtest.NewDiscard(), withToken(token)
	return contender{g.name, func(int, int) (bool, error) {
		w.Reset()
		before := passed
		h.ServeHTTP(w, r)
		return passed == before+1 && w.Code == 0, nil
	}}
}

// verify returns an error unless g does the work for which it is measured: it accepts
// the token, knows its subject, and refuses a forged token.
func (g guard) verify(token string) error {
	seen := ""
	h := g.handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = g.subject(r) }))
	w := mwtest.NewDiscard()
	if h.ServeHTTP(w, withToken(token)); seen != tokenSubject || w.Code != 0 {
		return fmt.Errorf("%s: status %d, subject %q", g.name, w.Code, seen)
	}
	for _, forged := range tampered(token) {
		seen = ""
		w.Reset()
		if h.ServeHTTP(w, withToken(forged)); seen != "" || w.Code < 400 || w.Code >= 500 {
			return fmt.Errorf("%s: a forged token: status %d, subject %q", g.name, w.Code, seen)
		}
	}
	return nil
}

// TestIncompleteGuardsAreDetected checks guards that do less than the work for which
// they are measured.
func TestIncompleteGuardsAreDetected(t *testing.T) {
	token := newSigner(t, "EdDSA").token(t)
	open := func(next http.Handler) http.Handler { return next }
	shut := func(http.Handler) http.Handler { return http.NotFoundHandler() }
	withSubject := func(*http.Request) string { return tokenSubject }
	for _, g := range []guard{{"open", open, withSubject}, {"shut", shut, withSubject}, {"anonymous", open, func(*http.Request) string { return "" }}} {
		if g.verify(token) == nil {
			t.Errorf("%s passes", g.name)
		}
	}
}
