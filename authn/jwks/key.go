package jwks

import (
	"crypto"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const pkg = "jwks"

// Algorithm is the JWS algorithm of a key (RFC 7518, section 3.1; RFC 8037). "Ed25519" is
// accepted as another name of EdDSA (RFC 9864).
type Algorithm string

// The algorithms. Each fits one kind of key, and each ECDSA algorithm fits one curve.
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

// The algorithms of InsecureSharedSecrets. They are refused for all other keys, because
// every service that can verify with a shared secret can also sign. A Verifier with public
// keys never accepts them: a verifier that accepts both can be made to use a public key as a
// secret (RFC 8725, section 2.1).
const (
	HS256 Algorithm = "HS256" // HMAC with SHA-256
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
)

// Key is a public key of an issuer. It is used only with its one Algorithm: the alg of a
// token never selects another (RFC 8725, section 3.1).
type Key struct {
	// ID is the kid in the tokens that the key verifies: at most 128 bytes, compared
	// exactly. Without ID the key verifies only tokens without kid. A key with an ID verifies
	// these too, if it is the only one for their algorithm.
	ID string

	// Algorithm is the only algorithm of the key. It must fit Public.
	Algorithm Algorithm

	// Public is a *rsa.PublicKey of 2048 to 8192 bits with an odd exponent of at least 3, a
	// *ecdsa.PublicKey on the curve of Algorithm, or an ed25519.PublicKey. A private key is
	// refused: a service that only verifies must not be able to sign. So is an RSA key of a
	// generator with a known flaw (ROCA, CVE-2017-15361).
	Public crypto.PublicKey

	checked jwa.Key // set for the keys of the sources of this package
}

// Checked is for package jwtauth. It returns the checked form of k, or all faults of k
// joined. A key from a source of this package already has its checked form. Any other key
// is checked by each call.
func (k Key) Checked() (jwa.Key, error) {
	if k.checked != nil {
		return k.checked, nil
	}
	f := httperr.ConfigFaults{Package: pkg}
	given := jwa.Given{ID: k.ID, Algorithm: string(k.Algorithm), Public: k.Public, Foreign: true}
	return given.Check(&f, ""), f.Err()
}

// check returns the checked form of k. If k has faults, it adds them with fieldPrefix
// before their fields, and returns nil.
func (k Key) check(f *httperr.ConfigFaults, fieldPrefix string) jwa.Key {
	return jwa.Given{ID: k.ID, Algorithm: string(k.Algorithm), Public: k.Public}.Check(f, fieldPrefix)
}
