package jwtauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/errors/httperr"
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

	ready *readyKey // set for the keys of our own sources
}

// A readyKey has been checked, and shares no memory with the Key it was made
// from: what a caller does to that later is lost on it.
type readyKey struct {
	id        string
	algorithm Algorithm
	method    jwt.SigningMethod
	public    crypto.PublicKey
	foreign   bool // made for one request, out of the answer of somebody else's source
}

// carryOver lets the keys that were there before, and still are, be the same to
// a cache, which forgets the tokens of a key that is another.
func carryOver(before, after map[string]Key) {
	for kid, k := range after {
		if old := before[kid].ready; old != nil && old.same(k.ready) {
			k.ready = old
			after[kid] = k
		}
	}
}

func (k *readyKey) same(other *readyKey) bool {
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.id == other.id && k.algorithm == other.algorithm && public.Equal(other.public)
}

const maxKeyID = 128

// prepare checks k in full. It adds what is wrong with it, with at in front of
// the field of Key, and then returns nil.
func (k Key) prepare(f *httperr.ConfigFaults, at string) *readyKey {
	before := f.Len()
	checkKeyID(f, at+"ID", k.ID)
	alg, known := algorithmOf(k.Algorithm)
	switch {
	case known:
	case len(k.Algorithm) == 5 && k.Algorithm[:2] == "HS":
		f.Add(at+"Algorithm", k.Algorithm, "whoever can verify with a shared secret can sign", "let the issuer sign with a private key, such as of ES256")
	default:
		f.Add(at+"Algorithm", k.Algorithm, "is not an algorithm of this package", "use one of its constants, such as ES256")
	}
	// The key is shown by its type alone: it may be a secret.
	public, err := copyPublic(k.Public)
	if err != nil {
		f.Add(at+"Public", fmt.Sprintf("%T", k.Public), err.reason, err.fix)
	} else if known && !alg.fits(public) {
		f.Add(at+"Public", fmt.Sprintf("%T", k.Public), "does not fit the algorithm "+string(k.Algorithm), "use the algorithm "+suited(public))
	}
	if f.Len() > before {
		return nil
	}
	return &readyKey{id: k.ID, algorithm: k.Algorithm, method: alg.method, public: public}
}

func checkKeyID(f *httperr.ConfigFaults, at, id string) {
	switch {
	case id == "":
		f.Add(at, nil, "a token names its key by kid", "give the key the ID that the issuer publishes it under")
	case len(id) > maxKeyID:
		f.Add(at, fmt.Sprintf("%.32s…", id), "a kid of more than 128 bytes is never accepted", "use a shorter ID")
	}
}

// fits reports whether public, which copyPublic returned, goes with a.
func (a algorithm) fits(public crypto.PublicKey) bool {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		return a.curve == public.Curve
	case ed25519.PublicKey:
		return a.method == jwt.SigningMethodEdDSA
	default:
		return a.curve == nil && a.method != jwt.SigningMethodEdDSA
	}
}

// suited names the algorithm to use with public.
func suited(public crypto.PublicKey) string {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		for _, name := range []Algorithm{ES256, ES384, ES512} {
			if a, _ := algorithmOf(name); a.fits(public) {
				return string(name)
			}
		}
	case ed25519.PublicKey:
		return string(EdDSA)
	}
	return "that the issuer signs with: RS256 to RS512 or PS256 to PS512"
}

type keyFault struct{ reason, fix string }

// copyPublic returns a copy of a sound public key.
func copyPublic(public crypto.PublicKey) (crypto.PublicKey, *keyFault) {
	switch public := public.(type) {
	case nil:
		return nil, &keyFault{"is missing", "set the public key of the issuer"}
	case *rsa.PublicKey:
		return copyRSA(public)
	case *ecdsa.PublicKey:
		return copyECDSA(public)
	case ed25519.PublicKey:
		if len(public) != ed25519.PublicKeySize {
			return nil, &keyFault{"an Ed25519 key has 32 bytes", "decode the key with crypto/x509 or from its JWK"}
		}
		if !soundEdwards(public) {
			return nil, &keyFault{"is not a point of a large order on the curve of Ed25519", "use the key that the issuer publishes; one of zeros was never set"}
		}
		return ed25519.PublicKey(append([]byte(nil), public...)), nil
	case interface{ Public() crypto.PublicKey }:
		return nil, &keyFault{"is a private key", "pass its Public() and keep the private key with the issuer"}
	case rsa.PublicKey, ecdsa.PublicKey, *ed25519.PublicKey:
		return nil, &keyFault{"is not the form that crypto/x509 returns", "pass *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey"}
	case []byte, string:
		return nil, &keyFault{"is not a parsed key", "parse PEM or DER with crypto/x509; a shared secret is for InsecureSharedSecrets"}
	}
	return nil, &keyFault{"is not a supported kind of key", "pass *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey"}
}

func copyRSA(k *rsa.PublicKey) (crypto.PublicKey, *keyFault) {
	switch {
	case k == nil || k.N == nil:
		return nil, &keyFault{"has no modulus", "check the error of the function that parsed it"}
	case k.N.Sign() <= 0 || k.N.Bit(0) == 0:
		return nil, &keyFault{"the modulus is not an odd positive number", "use the key that the issuer publishes"}
	case k.N.BitLen() < 2048:
		return nil, &keyFault{fmt.Sprintf("%d bits can be broken", k.N.BitLen()), "use 2048 bits or more (RFC 7518, section 3.3)"}
	case k.N.BitLen() > 8192:
		return nil, &keyFault{fmt.Sprintf("%d bits cost more to verify than a request may", k.N.BitLen()), "use 8192 bits or fewer"}
	case k.E < 3 || k.E%2 == 0 || int64(k.E) > 1<<31-1:
		return nil, &keyFault{"the exponent is not an odd number from 3 to 2³¹-1", "use the exponent 65537"}
	}
	return &rsa.PublicKey{N: new(big.Int).Set(k.N), E: k.E}, nil
}

func copyECDSA(k *ecdsa.PublicKey) (crypto.PublicKey, *keyFault) {
	fault := &keyFault{"is not a point on P-256, P-384 or P-521", "use a key of one of these curves, as crypto/x509 parses it"}
	point, err := encodePoint(k)
	if err != nil {
		return nil, fault
	}
	c, err := ecdsa.ParseUncompressedPublicKey(k.Curve, point)
	if err != nil || c.Curve == elliptic.P224() {
		return nil, fault
	}
	return c, nil
}

// encodePoint refuses points that are not on their curve. The panic of
// crypto/ecdsa about a key that was never filled in becomes an error too.
func encodePoint(k *ecdsa.PublicKey) (point []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("empty key")
		}
	}()
	return k.Bytes()
}
