package idp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// object is a JSON object: a header, claims, a JWK or a change to one of them.
type object map[string]any

// with returns a copy of o with other members. The value nil removes a member.
func (o object) with(changes object) object {
	o = maps.Clone(o)
	for name, value := range changes {
		if value == nil {
			delete(o, name)
		} else {
			o[name] = value
		}
	}
	return o
}

// null is the JSON value null, which is not the absence of a member.
var null = json.RawMessage("null")

// The keys of all providers of the tests. Each provider has them under its own kid.
var (
	rsaKey = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	ecKey  = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
)

const kid = "4f1a2b"

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// rsaJWK is the public key in the members that every provider writes.
func rsaJWK() object {
	return object{"kty": "RSA", "kid": kid, "n": encode(rsaKey().N.Bytes()), "e": "AQAB"}
}

func ecJWK() object {
	point, _ := ecKey().PublicKey.Bytes()
	return object{"kty": "EC", "kid": kid, "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
}

// sign returns a token with the header members and claims, signed with RS256, or with ES256
// if the header says so.
func sign(t *testing.T, header, claims object) string {
	t.Helper()
	method, key := jwt.SigningMethod(jwt.SigningMethodRS256), crypto.Signer(rsaKey())
	if header["alg"] == "ES256" {
		method, key = jwt.SigningMethodES256, ecKey()
	}
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	token.Header = object{"alg": method.Alg(), "kid": kid}.with(header)
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keySet answers a request for the URL of a provider's keys.
type keySet struct {
	url  string
	body []byte
}

func (s keySet) RoundTrip(r *http.Request) (*http.Response, error) {
	status := http.StatusOK
	if r.URL.String() != s.url {
		status = http.StatusNotFound
	}
	return &http.Response{
		StatusCode: status, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(s.body))),
	}, nil
}

// source returns the keys at a URL where only another URL, the one that the provider
// documents, has a key set.
func source(t *testing.T, url, documented string, keys []object) jwks.Source {
	t.Helper()
	body, err := json.Marshal(object{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	s, err := jwks.NewRemote(jwks.RemoteConfig{URL: url, Transport: keySet{documented, body}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// issuersOf returns the settings of a provider, with its key set served at its documented URL.
func issuersOf(t *testing.T, p provider) []jwtauth.TrustedIssuer {
	t.Helper()
	issuers := p.issuers()
	for i := range issuers {
		issuers[i].Keys = source(t, issuers[i].Keys.(*jwks.RemoteKeys).URL(), p.keysURL, p.keys())
	}
	return issuers
}

func build(t *testing.T, issuers []jwtauth.TrustedIssuer) *jwtauth.Verifier[jwtauth.NoClaims] {
	t.Helper()
	return mwtest.Must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{Issuers: issuers}))
}

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }
