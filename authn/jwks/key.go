package jwks

import (
	"crypto"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const pkg = "jwks"

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

// Key is a public key that an issuer signs with. It is used with its one
// Algorithm, whatever the header of a token says (RFC 8725, section 3.1).
type Key struct {
	// ID is the kid that tokens name the key by: 1 to 128 bytes, compared
	// exactly.
	ID string

	// Algorithm is the only one the key is used with. It must fit Public.
	Algorithm Algorithm

	// Public is a *rsa.PublicKey of 2048 to 8192 bits with an odd exponent of
	// at least 3, a *ecdsa.PublicKey on the curve of Algorithm, or an
	// ed25519.PublicKey. A private key is refused: a service that only verifies
	// must not be able to sign.
	Public crypto.PublicKey

	ready jwa.Key // set for the keys of the sources of this package
}

// Checked is for package jwtauth. It returns the checked form of k, or all faults of
// k joined. The key of a source of this package has that form already; for any other
// the check is made now, and again with the next call.
func (k Key) Checked() (jwa.Key, error) {
	if k.ready != nil {
		return k.ready, nil
	}
	f := httperr.ConfigFaults{Package: pkg}
	given := jwa.Given{ID: k.ID, Algorithm: string(k.Algorithm), Public: k.Public, Foreign: true}
	return given.Check(&f, ""), f.Err()
}

// check adds the faults of k, with at in front of the field, and then returns nil.
func (k Key) check(f *httperr.ConfigFaults, at string) jwa.Key {
	return jwa.Given{ID: k.ID, Algorithm: string(k.Algorithm), Public: k.Public}.Check(f, at)
}

// carryOver keeps the identity of the keys that a source had before and still has:
// a cache forgets the tokens of a key that is another.
func carryOver(before, after map[string]Key) {
	for kid, k := range after {
		if old := before[kid].ready; old != nil && old.Same(k.ready) {
			k.ready = old
			after[kid] = k
		}
	}
}
