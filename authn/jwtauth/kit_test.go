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
	shape   shape // of its tokens; the zero shape is that of RFC 9068
}

// A shape has the changes that turn a token of RFC 9068 into the token of another issuer. An
// empty value removes a member.
type shape struct {
	header, claims object
}

// in returns s with tokens in another shape.
func (s *signer) in(form shape) *signer {
	other := *s
	other.shape = form
	return &other
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
	return object{{"alg", quote(string(s.alg))}, {"typ", `"at+jwt"`}, {"kid", quote(kid)}}.change(s.shape.header)
}

func (s *signer) claims() object { return claims().change(s.shape.claims) }

// iss returns the issuer of the tokens of s.
func (s *signer) iss() string { return strings.Trim(s.claims().value("iss"), `"`) }

// good returns a valid token with every claim that a token can have.
func (s *signer) good() string { return s.token(s.header().json(), s.claims().json()) }

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

// change replaces, adds and removes members. An empty value removes one.
func (o object) change(changes object) object {
	for _, m := range changes {
		if o = o.with(m[0], m[1]); m[1] == "" {
			o = o.without(m[0])
		}
	}
	return o
}

// value returns the raw value of a member, or "" if it is missing.
func (o object) value(name string) string {
	for _, m := range o {
		if m[0] == name {
			return m[1]
		}
	}
	return ""
}

// setPath sets a claim, or the member of an object in a claim. An empty value removes it.
func (o object) setPath(path, raw string) object {
	name, member, isPath := strings.Cut(path, ".")
	if isPath {
		raw = object{{"other", "1"}}.change(object{{member, raw}}).json()
	}
	return o.change(object{{name, raw}})
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
		{alg: jwks.RS256, method: jwt.SigningMethodRS256, private: r, public: r.Public()},
		{alg: jwks.ES256, method: jwt.SigningMethodES256, private: e, public: e.Public()},
		{alg: jwks.EdDSA, method: jwt.SigningMethodEdDSA, private: d, public: d.Public()},
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
		if testing.Short() && s.alg != jwks.EdDSA {
			continue
		}
		t.Run(string(s.alg), func(t *testing.T) { f(t, s) })
	}
}

// A family is an algorithm with the signers of two issuers.
type family struct {
	s, other *signer
	runs     func(group string) bool // whether a group of attacks runs for every profile
}

// eachFamily runs f for each algorithm. HS256 skips the attacks that use the public key of the
// issuer. Signing with RS256 takes 20 times as long as with the others, so RS256 runs for every
// profile only the groups about keys, the attacks of the profile itself and those whose outcome
// differs. The whole table of RS256 runs in TestAttacks and TestNoProfileChangesAnotherIssuer.
func eachFamily(t *testing.T, f func(*testing.T, family)) {
	ofKeys := []string{"confusion", "header-key"}
	eachSigner(t, func(t *testing.T, s *signer) {
		few := append([]string{"control", "alg", "own"}, ofKeys...)
		f(t, family{s, otherSigners()[s.alg], func(group string) bool { return s.alg != jwks.RS256 || slices.Contains(few, group) }})
	})
	t.Run("HS256", func(t *testing.T) {
		hmac := func() *signer { return secretSignerOf(jwt.SigningMethodHS256, randomSecret(32)) }
		f(t, family{hmac(), hmac(), func(group string) bool { return !slices.Contains(ofKeys, group) }})
	})
}

// source returns the source of the key or the secret of s.
func (s *signer) source() jwks.Source {
	if m, ok := s.method.(secretMethod); ok {
		return sharedSecret(kid, m.secret)
	}
	return jwks.Static(s.key())
}

func config(s *signer) jwtauth.Config {
	return jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusting(issuer, jwks.Static(s.key()))}}
}

// trusting returns the settings of an issuer of the default profile.
func trusting(iss string, keys jwks.Source) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer: iss, Audience: []string{"other", audience}, Keys: keys,
		RolesClaim: "roles", TenantClaim: "org", Leeway: -1,
	}
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
