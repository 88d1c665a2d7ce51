package jwtauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// otherSigners have the algorithms of signers, with keys of their own that no Config
// knows.
var otherSigners = sync.OnceValue(func() map[jwks.Algorithm]*signer {
	all := map[jwks.Algorithm]*signer{}
	for _, s := range newSigners() {
		all[s.alg] = s
	}
	return all
})

// publicKeyForms returns the encodings of the public key that a confused verifier could
// take for an HMAC secret.
func (s *signer) publicKeyForms() map[string][]byte {
	der, err := x509.MarshalPKIXPublicKey(s.public)
	if err != nil {
		panic(err)
	}
	armoured := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	raw, short := []byte(nil), []byte(nil)
	switch k := s.public.(type) {
	case *rsa.PublicKey:
		raw, short = k.N.Bytes(), x509.MarshalPKCS1PublicKey(k)
	case *ecdsa.PublicKey:
		if short, err = k.Bytes(); err != nil {
			panic(err)
		}
		raw = short[1:]
	case ed25519.PublicKey:
		raw, short = k, k
	}
	return map[string][]byte{
		"PKIX DER": der, "PKIX PEM": armoured("PUBLIC KEY", der), "short DER": short, "short PEM": armoured("RSA PUBLIC KEY", short),
		"raw": raw, "JWK": []byte(s.jwk()), "empty": {}, "NUL": {0}, "guessed": []byte("secret"),
	}
}

func (s *signer) jwk() string {
	switch k := s.public.(type) {
	case *rsa.PublicKey:
		return `{"kty":"RSA","kid":"` + kid + `","n":"` + encode(string(k.N.Bytes())) + `","e":"AQAB"}`
	case *ecdsa.PublicKey:
		b, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		return `{"kty":"EC","kid":"` + kid + `","crv":"P-256","x":"` + encode(string(b[1:33])) + `","y":"` + encode(string(b[33:])) + `"}`
	}
	return `{"kty":"OKP","kid":"` + kid + `","crv":"Ed25519","x":"` + encode(string(s.public.(ed25519.PublicKey))) + `"}`
}

// confusionAttacks sign with the public key as a shared secret, and with another
// algorithm of the same kind of key.
func confusionAttacks() []attack {
	var all []attack
	for _, form := range []string{"PKIX DER", "PKIX PEM", "short DER", "short PEM", "raw", "JWK", "empty", "NUL", "guessed"} {
		hmac := func(s *signer, alg string) string {
			signed := encode(s.header().with("alg", quote(alg)).json()) + "." + encode(s.claims().json())
			sig, err := jwt.SigningMethodHS256.Sign(signed, s.publicKeyForms()[form])
			if err != nil {
				panic(err)
			}
			return signed + "." + encode(string(sig))
		}
		all = append(all,
			attack{"HS256 keyed with " + form, func(s *signer) string { return hmac(s, "HS256") }, jwtauth.ErrAlgorithm},
			attack{"HMAC under the key's alg with " + form, func(s *signer) string { return hmac(s, string(s.alg)) }, jwtauth.ErrSignature},
		)
	}
	return append(all, attack{"PS256 by the same key", func(s *signer) string {
		if s.alg != jwks.RS256 {
			return setHeader("alg", `"PS256"`)(s)
		}
		pss := *s
		pss.alg, pss.method = "PS256", jwt.SigningMethodPS256
		return pss.good()
	}, jwtauth.ErrAlgorithm}, attack{"signed with another key", func(s *signer) string {
		return otherSigners()[s.alg].token(s.header().json(), s.claims().json())
	}, jwtauth.ErrSignature})
}

// fetches counts the requests to the server that jku and x5u name.
var fetches atomic.Int64

var evilServer = sync.OnceValue(func() string {
	return httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetches.Add(1) })).URL
})

// headerKeyAttacks carry a key, or the URL of a key, in the header.
func headerKeyAttacks() []attack {
	var all []attack
	for _, m := range []string{"jwk", "jku", "x5u", "x5c"} {
		raw := func(s *signer) string {
			switch m {
			case "jwk":
				return otherSigners()[s.alg].jwk()
			case "x5c":
				der, err := x509.MarshalPKIXPublicKey(otherSigners()[s.alg].public)
				if err != nil {
					panic(err)
				}
				return `["` + encode(string(der)) + `"]`
			}
			return quote(evilServer() + "/keys")
		}
		all = append(all,
			attack{m + ", signed with it", func(s *signer) string {
				return otherSigners()[s.alg].token(s.header().with(m, raw(s)).json(), s.claims().json())
			}, jwtauth.ErrSignature},
			attack{m + " instead of kid", func(s *signer) string {
				return otherSigners()[s.alg].token(s.header().without("kid").with(m, raw(s)).json(), s.claims().json())
			}, jwtauth.ErrSignature},
			attack{m + ", signed by the issuer", func(s *signer) string {
				return s.token(s.header().with(m, raw(s)).json(), s.claims().json())
			}, nil},
		)
	}
	return all
}

func TestAlgorithms(t *testing.T) {
	r := signers()[0].private
	for alg, private := range map[jwks.Algorithm]crypto.Signer{
		jwks.RS256: r, jwks.RS384: r, jwks.RS512: r,
		jwks.PS256: r, jwks.PS384: r, jwks.PS512: r,
		jwks.ES256: newEC(elliptic.P256()), jwks.ES384: newEC(elliptic.P384()), jwks.ES512: newEC(elliptic.P521()),
		jwks.EdDSA: signers()[2].private,
	} {
		t.Run(string(alg), func(t *testing.T) {
			s := &signer{alg: alg, method: jwt.GetSigningMethod(string(alg)), private: private, public: private.Public()}
			v := build(t, config(s))
			if _, err := v.Verify(context.Background(), s.good()); err != nil {
				t.Error(err)
			}
			good := s.good()
			if _, err := v.Verify(context.Background(), good[:len(good)-8]+"AAAAAAAA"); !errors.Is(err, jwtauth.ErrSignature) {
				t.Errorf("forged: %v", err)
			}
		})
	}
}

// RFC 7518, section 3.5: the salt is as long as the hash. golang-jwt accepts a salt of
// any length.
func TestSaltOfAnotherLength(t *testing.T) {
	r := signers()[0].private
	for _, salt := range []int{0, 20, 31, 33, rsa.PSSSaltLengthAuto} {
		method := *jwt.SigningMethodPS256
		method.Options = &rsa.PSSOptions{SaltLength: salt}
		s := &signer{alg: jwks.PS256, method: &method, private: r, public: r.Public()}
		token := s.good()
		if _, err := build(t, config(s)).Verify(context.Background(), token); !errors.Is(err, jwtauth.ErrSignature) {
			t.Errorf("salt of %d: %v", salt, err)
		}
		if _, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return r.Public(), nil }); err != nil {
			t.Errorf("salt of %d: golang-jwt refuses the token for another reason: %v", salt, err)
		}
	}
}

// ECDSA signatures are two numbers of fixed length (RFC 7518, section 3.4). DER, which
// other protocols use, is a second encoding of the same signature.
func TestECDSAEncoding(t *testing.T) {
	s := signers()[1]
	signed := encode(s.header().json()) + "." + encode(claims().json())
	digest := crypto.SHA256.New()
	digest.Write([]byte(signed))
	der, err := s.private.Sign(rand.Reader, digest.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build(t, config(s)).Verify(context.Background(), signed+"."+encode(string(der))); !errors.Is(err, jwtauth.ErrSignature) {
		t.Error(err)
	}
}

// A verifier uses the signing methods of golang-jwt directly, so the registry of
// golang-jwt cannot change an algorithm.
func TestRegistryIsNotUsed(t *testing.T) {
	s := signers()[2]
	v := build(t, config(s))
	jwt.RegisterSigningMethod("EdDSA", func() jwt.SigningMethod { return jwt.SigningMethodNone })
	defer jwt.RegisterSigningMethod("EdDSA", func() jwt.SigningMethod { return jwt.SigningMethodEdDSA })
	good := s.good()
	if _, err := v.Verify(context.Background(), good); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(context.Background(), good[:len(good)-8]+"AAAAAAAA"); !errors.Is(err, jwtauth.ErrSignature) {
		t.Error(err)
	}
}
