package jwtissuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// String implements fmt.Stringer. The key itself is not shown.
func (k SigningKey) String() string {
	return fmt.Sprintf("jwtissuer.SigningKey(%q, %q)", k.ID, string(k.Algorithm))
}

// Format implements fmt.Formatter. It prints the result of String for every verb, also
// for %#v and %d.
func (k SigningKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue implements slog.LogValuer. It returns the result of String.
func (k SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText implements encoding.TextMarshaler, which encoding/json and other encoders
// call. It returns the result of String.
func (k SigningKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// copyPrivateKey returns a copy of a valid private key, and its public key.
func copyPrivateKey(private crypto.PrivateKey) (crypto.PrivateKey, crypto.PublicKey, *jwa.Fault) {
	if nilcheck.Nil(private) {
		return nil, nil, newFault("is missing", "use GenerateKey, or parse a key with crypto/x509 and check the error")
	}
	switch k := private.(type) {
	case *rsa.PrivateKey:
		public, fault := jwa.Copy(&k.PublicKey)
		if fault == nil {
			private, fault = copyRSA(k)
		}
		return private, public, fault
	case *ecdsa.PrivateKey:
		public, fault := jwa.Copy(&k.PublicKey)
		if fault == nil {
			private, fault = copyECDSA(k)
		}
		return private, public, fault
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize {
			return nil, nil, newFault("an Ed25519 private key has 64 bytes", "make it of its seed with ed25519.NewKeyFromSeed")
		}
		c := ed25519.NewKeyFromSeed(k.Seed())
		if !c.Equal(k) { // a signature with a wrong public half reveals the private half
			return nil, nil, newFault("its public half does not belong to its seed", "make it of its seed with ed25519.NewKeyFromSeed")
		}
		return c, c.Public(), nil
	}
	return nil, nil, newFault("is not a parsed private key",
		"pass *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey, as crypto/x509 returns them")
}

func copyRSA(k *rsa.PrivateKey) (crypto.PrivateKey, *jwa.Fault) {
	fault := newFault("its numbers do not belong together", "use a key as crypto/x509 parses it or crypto/rsa makes it")
	if k.D == nil || len(k.Primes) < 2 {
		return nil, fault
	}
	c := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Set(k.N), E: k.E}, D: new(big.Int).Set(k.D)}
	for _, p := range k.Primes {
		if p == nil {
			return nil, fault
		}
		c.Primes = append(c.Primes, new(big.Int).Set(p))
	}
	if err := c.Validate(); err != nil {
		return nil, fault
	}
	c.Precompute()
	return c, nil
}

func copyECDSA(k *ecdsa.PrivateKey) (crypto.PrivateKey, *jwa.Fault) {
	raw, err := encodeScalar(k)
	if err == nil {
		c, parseErr := ecdsa.ParseRawPrivateKey(k.Curve, raw)
		if parseErr == nil && c.PublicKey.Equal(&k.PublicKey) {
			return c, nil
		}
	}
	return nil, newFault("its public half does not belong to it", "use a key as crypto/x509 parses it or crypto/ecdsa makes it")
}

// encodeScalar returns an error where crypto/ecdsa panics about an empty key.
func encodeScalar(k *ecdsa.PrivateKey) (raw []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("empty key")
		}
	}()
	return k.Bytes()
}

func newFault(reason, fix string) *jwa.Fault { return &jwa.Fault{Reason: reason, Fix: fix} }
