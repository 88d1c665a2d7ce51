package jwtauth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// strangers sign as the issuers do, with keys of their own.
var strangers = sync.OnceValue(func() map[jwtauth.Algorithm]*signer {
	all := map[jwtauth.Algorithm]*signer{}
	for _, s := range newSigners() {
		all[s.alg] = s
	}
	return all
})

// forms are the public key as bytes that a confused verifier could take for an
// HMAC secret.
func (s *signer) forms() map[string][]byte {
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

// The public key as a shared secret, and the key with another algorithm of its
// kind.
func confusionAttacks() []attack {
	var all []attack
	for _, form := range []string{"PKIX DER", "PKIX PEM", "short DER", "short PEM", "raw", "JWK", "empty", "NUL", "guessed"} {
		hmac := func(s *signer, alg string) string {
			signed := encode(s.header().with("alg", quote(alg)).json()) + "." + encode(claims().json())
			sig, err := jwt.SigningMethodHS256.Sign(signed, s.forms()[form])
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
		if s.alg != jwtauth.RS256 {
			return head("alg", `"PS256"`)(s)
		}
		pss := *s
		pss.alg, pss.method = "PS256", jwt.SigningMethodPS256
		return pss.good()
	}, jwtauth.ErrAlgorithm}, attack{"signed by a stranger", func(s *signer) string { return strangers()[s.alg].good() }, jwtauth.ErrSignature})
}

// fetched counts what was asked of the server that jku and x5u name.
var fetched atomic.Int64

var evil = sync.OnceValue(func() string {
	return httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched.Add(1) })).URL
})

// Tokens that bring their key along.
func headerKeyAttacks() []attack {
	var all []attack
	for _, m := range []string{"jwk", "jku", "x5u", "x5c"} {
		raw := func(s *signer) string {
			switch m {
			case "jwk":
				return strangers()[s.alg].jwk()
			case "x5c":
				der, err := x509.MarshalPKIXPublicKey(strangers()[s.alg].public)
				if err != nil {
					panic(err)
				}
				return `["` + encode(string(der)) + `"]`
			}
			return quote(evil() + "/keys")
		}
		all = append(all,
			attack{m + ", signed with it", func(s *signer) string {
				return strangers()[s.alg].token(s.header().with(m, raw(s)).json(), claims().json())
			}, jwtauth.ErrSignature},
			attack{m + " instead of kid", func(s *signer) string {
				return strangers()[s.alg].token(s.header().without("kid").with(m, raw(s)).json(), claims().json())
			}, jwtauth.ErrMalformed},
			attack{m + ", signed by the issuer", func(s *signer) string {
				return s.token(s.header().with(m, raw(s)).json(), claims().json())
			}, nil},
		)
	}
	return all
}
