package jwtauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	issuer   = "https://issuer.example"
	audience = "https://api.example"
	kid      = "key-2026-11"
)

// A signer is an issuer under test. It signs with one algorithm.
type signer struct {
	alg     jwks.Algorithm
	method  jwt.SigningMethod
	private crypto.Signer
	public  crypto.PublicKey
}

func (s *signer) key() jwks.Key {
	return jwks.Key{ID: kid, Algorithm: s.alg, Public: s.public}
}

func (s *signer) sign(signed string) string {
	sig, err := s.method.Sign(signed, s.private)
	if err != nil {
		panic(err)
	}
	return encode(string(sig))
}

// token signs any text as the header and any text as the claims.
func (s *signer) token(header, claims string) string {
	signed := encode(header) + "." + encode(claims)
	return signed + "." + s.sign(signed)
}

func (s *signer) header() object {
	return object{{"alg", quote(string(s.alg))}, {"typ", `"at+jwt"`}, {"kid", quote(kid)}}
}

// good returns a valid token with every claim that a token can have.
func (s *signer) good() string { return s.token(s.header().json(), claims().json()) }

func claims() object {
	now := time.Now()
	return object{
		{"iss", quote(issuer)},
		{"sub", `"ann"`},
		{"aud", quote(audience)},
		{"exp", at(now.Add(5 * time.Minute))},
		{"iat", at(now.Add(-time.Minute))},
		{"nbf", at(now.Add(-time.Minute))},
		{"jti", `"t-1"`},
		{"client_id", `"web"`},
		{"sid", `"s-1"`},
		{"acr", `"mfa"`},
		{"auth_time", at(now.Add(-time.Hour))},
		{"scope", `"notes:read notes:write"`},
		{"roles", `["admin","editor"]`},
		{"org", `"acme"`},
		{"extra", `{"deep":[1,2.5e3,true,null,{"x":"y"}]}`},
	}
}

func at(t time.Time) string      { return strconv.FormatInt(t.Unix(), 10) }
func quote(s string) string      { return `"` + s + `"` }
func encode(s string) string     { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
func decode(s string) string     { b, _ := base64.RawURLEncoding.DecodeString(s); return string(b) }
func bearer(token string) string { return "Bearer " + token }

func splitToken(token string) []string { return strings.Split(token, ".") }

// An object is the members of a JSON object in order, with raw values, so that a test can
// write JSON that no encoder produces.
type object [][2]string

func (o object) json() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = quote(m[0]) + ":" + m[1]
	}
	return "{" + strings.Join(members, ",") + "}"
}

// with replaces a member, or adds it at the end if it is missing.
func (o object) with(name, raw string) object {
	o = slices.Clone(o)
	for i := range o {
		if o[i][0] == name {
			o[i][1] = raw
			return o
		}
	}
	return append(o, [2]string{name, raw})
}

// add adds a member at the end, even if the object already has it.
func (o object) add(name, raw string) object { return append(slices.Clone(o), [2]string{name, raw}) }

// prepend adds a member at the front.
func (o object) prepend(name, raw string) object {
	return slices.Insert(slices.Clone(o), 0, [2]string{name, raw})
}

func (o object) without(name string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m [2]string) bool { return m[0] == name })
}

// rename changes the name of a member and keeps its position.
func (o object) rename(from, to string) object {
	o = slices.Clone(o)
	for i := range o {
		if o[i][0] == from {
			o[i][0] = to
		}
	}
	return o
}

// signers are made once, because generating RSA keys is slow.
var signers = sync.OnceValue(newSigners)

func newSigners() []*signer {
	r, e := newRSA(2048), newEC(elliptic.P256())
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return []*signer{
		{jwks.RS256, jwt.SigningMethodRS256, r, r.Public()},
		{jwks.ES256, jwt.SigningMethodES256, e, e.Public()},
		{jwks.EdDSA, jwt.SigningMethodEdDSA, d, d.Public()},
	}
}

func newRSA(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func newEC(c elliptic.Curve) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

// eachSigner runs f for each of the three algorithms.
func eachSigner(t *testing.T, f func(*testing.T, *signer)) {
	for _, s := range signers() {
		t.Run(string(s.alg), func(t *testing.T) { f(t, s) })
	}
}

func config(s *signer) jwtauth.Config {
	return jwtauth.Config{Issuer: issuer, Audience: []string{"other", audience}, Keys: jwks.Static(s.key()), TenantClaim: "org"}
}

func build(t testing.TB, cfg jwtauth.Config) *jwtauth.Verifier[jwtauth.NoClaims] {
	t.Helper()
	return mwtest.Must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(cfg))
}

// newMiddleware returns the Middleware of one Authenticator.
func newMiddleware(t testing.TB, a authn.Authenticator, realm string) *authn.Middleware {
	t.Helper()
	return mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Realm: realm}))
}

// requestWith returns a request with this Authorization field.
func requestWith(authorization string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Authorization"] = []string{authorization}
	return r
}
