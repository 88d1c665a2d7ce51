package jwa

import (
	"bytes"
	"crypto"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Given is a public key as somebody has given it.
type Given struct {
	ID, Algorithm string
	Public        crypto.PublicKey
	Foreign       bool // by a source that is not of package jwks, for one request
}

// Key is a key that has been checked. It shares no memory with the Given that it was
// made from, so a later change of that does not reach it. The identity of a *Key
// says whether a key is still the same one.
type Key struct {
	id        string
	algorithm string
	method    jwt.SigningMethod
	public    crypto.PublicKey
	foreign   bool
}

// ID returns the kid of k.
func (k *Key) ID() string { return k.id }

// Algorithm returns the name of the one algorithm of k.
func (k *Key) Algorithm() string { return k.algorithm }

// Foreign reports whether k was made for one request.
func (k *Key) Foreign() bool { return k.foreign }

// Verify returns nil if signature is that of signed.
func (k *Key) Verify(signed string, signature []byte) error {
	return k.method.Verify(signed, signature, k.public)
}

// Same reports whether k and other have the same ID, algorithm and public key.
func (k *Key) Same(other *Key) bool {
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.id == other.id && k.algorithm == other.algorithm && public.Equal(other.public)
}

// Check checks g in full. It adds the faults of g, with at in front of their fields,
// and then returns nil.
func (g Given) Check(f *httperr.ConfigFaults, at string) *Key {
	before := f.Len()
	CheckID(f, at+"ID", g.ID)
	alg, known := Lookup(g.Algorithm)
	switch {
	case known:
	case len(g.Algorithm) == 5 && g.Algorithm[:2] == "HS":
		f.Add(at+"Algorithm", g.Algorithm, "whoever can verify with a shared secret can sign", "let the issuer sign with a private key, such as of ES256")
	default:
		f.Add(at+"Algorithm", g.Algorithm, "is not an algorithm of package jwks", "use one of its constants, such as jwks.ES256")
	}
	// The key is shown by its type alone: it may be a secret.
	public, fault := Copy(g.Public)
	if fault != nil {
		f.Add(at+"Public", fmt.Sprintf("%T", g.Public), fault.Reason, fault.Fix)
	} else if known && !alg.Fits(public) {
		f.Add(at+"Public", fmt.Sprintf("%T", g.Public), "does not fit the algorithm "+g.Algorithm, "use the algorithm "+Suited(public))
	}
	if f.Len() > before {
		return nil
	}
	return &Key{id: g.ID, algorithm: g.Algorithm, method: alg.Method, public: public, foreign: g.Foreign}
}

// MaxID is how many bytes a kid may have.
const MaxID = 128

// CheckID adds the faults of the ID of a key.
func CheckID(f *httperr.ConfigFaults, at, id string) {
	switch {
	case id == "":
		f.Add(at, nil, "a token names its key by kid", "give the key the ID that the issuer publishes it under")
	case len(id) > MaxID:
		f.Add(at, fmt.Sprintf("%.32s…", id), "a kid of more than 128 bytes is never accepted", "use a shorter ID")
	}
}

// SharedSecret returns the key of a secret for HS256, which it copies. It does not
// check the secret.
func SharedSecret(id string, secret []byte) *Key {
	var key any = bytes.Clone(secret)
	return &Key{id: id, algorithm: HS256, method: secretMethod{jwt.SigningMethodHS256, func() any { return key }}}
}

// A secretMethod has the secret behind a function, which fmt cannot print: with a
// wrong verb it prints the target of a pointer, in unexported fields too.
type secretMethod struct {
	jwt.SigningMethod
	secret func() any
}

// Verify takes no key but its own.
func (m secretMethod) Verify(signed string, signature []byte, _ any) error {
	return m.SigningMethod.Verify(signed, signature, m.secret())
}
