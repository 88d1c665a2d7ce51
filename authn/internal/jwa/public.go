package jwa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

// Fault is the reason why a key is refused, and the way to fix it.
type Fault struct{ Reason, Fix string }

// Copy returns a copy of a sound public key, or the fault of an unsound one.
func Copy(public crypto.PublicKey) (crypto.PublicKey, *Fault) {
	switch public := public.(type) {
	case nil:
		return nil, &Fault{"is missing", "set the public key of the issuer"}
	case *rsa.PublicKey:
		return copyRSA(public)
	case *ecdsa.PublicKey:
		return copyECDSA(public)
	case ed25519.PublicKey:
		if len(public) != ed25519.PublicKeySize {
			return nil, &Fault{"an Ed25519 key has 32 bytes", "decode the key with crypto/x509 or from its JWK"}
		}
		if !isSoundEdwards(public) {
			return nil, &Fault{
				Reason: "is not a point of a large order on the curve of Ed25519",
				Fix:    "use the key that the issuer publishes; one of zeros was never set",
			}
		}
		return ed25519.PublicKey(append([]byte(nil), public...)), nil
	case interface{ Public() crypto.PublicKey }:
		return nil, &Fault{"is a private key", "pass its Public() and keep the private key with the issuer"}
	}
	return nil, &Fault{
		Reason: "is not a parsed public key",
		Fix: "pass *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey, as crypto/x509 returns them; " +
			"a shared secret is for InsecureSharedSecrets",
	}
}

func copyRSA(k *rsa.PublicKey) (crypto.PublicKey, *Fault) {
	switch {
	case k == nil || k.N == nil:
		return nil, &Fault{"has no modulus", "check the error of the function that parsed it"}
	case k.N.Sign() <= 0 || k.N.Bit(0) == 0:
		return nil, &Fault{"the modulus is not an odd positive number", "use the key that the issuer publishes"}
	case k.N.BitLen() < 2048:
		return nil, &Fault{fmt.Sprintf("%d bits can be broken", k.N.BitLen()), "use 2048 bits or more (RFC 7518, section 3.3)"}
	case k.N.BitLen() > 8192:
		return nil, &Fault{fmt.Sprintf("%d bits cost more to verify than a request may", k.N.BitLen()), "use 8192 bits or fewer"}
	case k.E < 3 || k.E%2 == 0 || int64(k.E) > 1<<31-1:
		return nil, &Fault{"the exponent is not an odd number from 3 to 2³¹-1", "use the exponent 65537"}
	case isROCA(k.N):
		return nil, &Fault{
			Reason: "its private key can be computed: a flawed generator made it (ROCA, CVE-2017-15361)",
			Fix:    "let the issuer replace the key by one of another generator, such as of OpenSSL",
		}
	}
	return &rsa.PublicKey{N: new(big.Int).Set(k.N), E: k.E}, nil
}

func copyECDSA(k *ecdsa.PublicKey) (crypto.PublicKey, *Fault) {
	fault := &Fault{"is not a point on P-256, P-384 or P-521", "use a key of one of these curves, as crypto/x509 parses it"}
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

// encodePoint returns the uncompressed encoding of the point of k. It returns an error
// for a point that is not on its curve, and for a key without curve or coordinates,
// for which crypto/ecdsa panics.
func encodePoint(k *ecdsa.PublicKey) (point []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("empty key")
		}
	}()
	return k.Bytes()
}
