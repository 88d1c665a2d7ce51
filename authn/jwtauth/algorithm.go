package jwtauth

import (
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that the methods below look up by name
	_ "crypto/sha512"

	"github.com/golang-jwt/jwt/v5"
)

// Algorithm is the JWS algorithm of a key (RFC 7518, section 3.1; RFC 8037).
// There is no HMAC among them: whoever can verify with a shared secret can also
// sign. HS256 is for InsecureSharedSecrets alone, and for no Verifier that knows
// a public key, for one that knows both can be made to take a public key for a
// secret (RFC 8725, section 2.1).
type Algorithm string

// The algorithms. Each belongs to one kind of key, and ECDSA to one curve.
const (
	RS256 Algorithm = "RS256" // RSA PKCS #1 v1.5
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256" // RSA-PSS, with a salt as long as the hash
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256" // ECDSA on P-256
	ES384 Algorithm = "ES384" // ECDSA on P-384
	ES512 Algorithm = "ES512" // ECDSA on P-521
	EdDSA Algorithm = "EdDSA" // Ed25519
)

// hs256 is no Algorithm that a Key can have.
const hs256 Algorithm = "HS256"

// accepts reports whether v may have a key for alg.
func (v *verifier) accepts(alg Algorithm) bool {
	if v.secrets {
		return alg == hs256
	}
	_, known := algorithmOf(alg)
	return known
}

// An algorithm is what is known of an Algorithm. Without a curve it takes an
// RSA key, or an Ed25519 key if it is EdDSA.
type algorithm struct {
	method jwt.SigningMethod
	curve  elliptic.Curve
}

// algorithmOf is a switch and not the registry of golang-jwt: any package of
// the program may add to that or replace what is in it.
func algorithmOf(name Algorithm) (algorithm, bool) {
	switch name {
	case RS256:
		return algorithm{method: jwt.SigningMethodRS256}, true
	case RS384:
		return algorithm{method: jwt.SigningMethodRS384}, true
	case RS512:
		return algorithm{method: jwt.SigningMethodRS512}, true
	case PS256:
		return algorithm{method: ps256}, true
	case PS384:
		return algorithm{method: ps384}, true
	case PS512:
		return algorithm{method: ps512}, true
	case ES256:
		return algorithm{method: jwt.SigningMethodES256, curve: elliptic.P256()}, true
	case ES384:
		return algorithm{method: jwt.SigningMethodES384, curve: elliptic.P384()}, true
	case ES512:
		return algorithm{method: jwt.SigningMethodES512, curve: elliptic.P521()}, true
	case EdDSA:
		return algorithm{method: jwt.SigningMethodEdDSA}, true
	}
	return algorithm{}, false
}

// golang-jwt's own PSS methods verify with a salt of any length; RFC 7518,
// section 3.5 wants that of the hash.
var (
	ps256 = pss(jwt.SigningMethodPS256)
	ps384 = pss(jwt.SigningMethodPS384)
	ps512 = pss(jwt.SigningMethodPS512)
)

func pss(m *jwt.SigningMethodRSAPSS) *jwt.SigningMethodRSAPSS {
	return &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: m.SigningMethodRSA,
		Options:          &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	}
}
