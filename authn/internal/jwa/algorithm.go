package jwa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that the methods below look up by name
	_ "crypto/sha512"

	"github.com/golang-jwt/jwt/v5"
)

// HS256 is not an algorithm that Lookup knows: a secret that verifies also signs. It
// is that of the keys of SharedSecret alone.
const HS256 = "HS256"

// Algorithm is how to sign and to verify. Without a Curve it takes an RSA key, or an
// Ed25519 key if it is EdDSA.
type Algorithm struct {
	Method jwt.SigningMethod
	Curve  elliptic.Curve
}

// Lookup returns the algorithm with a name. It is a switch and not the registry of
// golang-jwt: any package of the program may add to that or replace its entries.
func Lookup(name string) (Algorithm, bool) {
	switch name {
	case "RS256":
		return Algorithm{Method: jwt.SigningMethodRS256}, true
	case "RS384":
		return Algorithm{Method: jwt.SigningMethodRS384}, true
	case "RS512":
		return Algorithm{Method: jwt.SigningMethodRS512}, true
	case "PS256":
		return Algorithm{Method: ps256}, true
	case "PS384":
		return Algorithm{Method: ps384}, true
	case "PS512":
		return Algorithm{Method: ps512}, true
	case "ES256":
		return Algorithm{Method: jwt.SigningMethodES256, Curve: elliptic.P256()}, true
	case "ES384":
		return Algorithm{Method: jwt.SigningMethodES384, Curve: elliptic.P384()}, true
	case "ES512":
		return Algorithm{Method: jwt.SigningMethodES512, Curve: elliptic.P521()}, true
	case "EdDSA":
		return Algorithm{Method: jwt.SigningMethodEdDSA}, true
	}
	return Algorithm{}, false
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

// Fits reports whether public, which Copy returned, goes with a.
func (a Algorithm) Fits(public crypto.PublicKey) bool {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		return a.Curve == public.Curve
	case ed25519.PublicKey:
		return a.Method == jwt.SigningMethodEdDSA
	default:
		return a.TakesRSA()
	}
}

// TakesRSA reports whether the keys of a are RSA keys.
func (a Algorithm) TakesRSA() bool { return a.Curve == nil && a.Method != jwt.SigningMethodEdDSA }

// Suited returns the name of the algorithm to use with public, or the advice how to
// choose one for RSA.
func Suited(public crypto.PublicKey) string {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		for _, name := range []string{"ES256", "ES384", "ES512"} {
			if a, _ := Lookup(name); a.Fits(public) {
				return name
			}
		}
	case ed25519.PublicKey:
		return "EdDSA"
	}
	return "that the issuer signs with: RS256 to RS512 or PS256 to PS512"
}
