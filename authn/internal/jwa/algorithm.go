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

// An HMAC is an algorithm of shared secrets. Lookup does not know them, because a secret
// that verifies also signs: only the keys of SharedSecret have one of these algorithms.
type HMAC struct {
	Method    *jwt.SigningMethodHMAC
	MinSecret int // bytes, the size of the hash (RFC 7518, section 3.2)
}

var hmacs = map[string]HMAC{
	"HS256": {jwt.SigningMethodHS256, 32},
	"HS384": {jwt.SigningMethodHS384, 48},
	"HS512": {jwt.SigningMethodHS512, 64},
}

// LookupHMAC returns the HMAC with a name.
func LookupHMAC(name string) (h HMAC, known bool) {
	h, known = hmacs[name]
	return h, known
}

// Canonical returns the one name of an algorithm that has two. RFC 9864 gave EdDSA with
// Ed25519 the name Ed25519; most issuers still write EdDSA (RFC 8037).
func Canonical(name string) string {
	if name == "Ed25519" {
		return "EdDSA"
	}
	return name
}

// Algorithm is a method to sign and to verify, and the curve of its keys. Without a
// Curve the key is an Ed25519 key for EdDSA, and an RSA key for all other methods.
type Algorithm struct {
	Method jwt.SigningMethod
	Curve  elliptic.Curve
}

// algorithms replaces the registry of golang-jwt, because any package of the program
// can add or replace an algorithm in that registry.
var algorithms = map[string]Algorithm{
	"RS256": {Method: jwt.SigningMethodRS256},
	"RS384": {Method: jwt.SigningMethodRS384},
	"RS512": {Method: jwt.SigningMethodRS512},
	"PS256": {Method: pss(jwt.SigningMethodPS256)},
	"PS384": {Method: pss(jwt.SigningMethodPS384)},
	"PS512": {Method: pss(jwt.SigningMethodPS512)},
	"ES256": {Method: jwt.SigningMethodES256, Curve: elliptic.P256()},
	"ES384": {Method: jwt.SigningMethodES384, Curve: elliptic.P384()},
	"ES512": {Method: jwt.SigningMethodES512, Curve: elliptic.P521()},
	"EdDSA": {Method: jwt.SigningMethodEdDSA},
}

// Lookup returns the algorithm with the given name.
func Lookup(name string) (a Algorithm, known bool) {
	a, known = algorithms[Canonical(name)]
	return a, known
}

// pss returns m with a salt as long as the hash, as RFC 7518, section 3.5 requires.
// The methods of golang-jwt accept a salt of any length.
func pss(m *jwt.SigningMethodRSAPSS) *jwt.SigningMethodRSAPSS {
	return &jwt.SigningMethodRSAPSS{
		SigningMethodRSA: m.SigningMethodRSA,
		Options:          &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash},
	}
}

// Fits reports whether public, a result of Copy, is a key for a.
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

// Suited returns the name of the algorithm for public. For an RSA key, which has
// several, it returns the advice how to choose one.
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
