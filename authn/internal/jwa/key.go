package jwa

import (
	"bytes"
	"crypto"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Given is a public key before its check, as a source of keys provides it.
type Given struct {
	ID, Algorithm string
	Public        crypto.PublicKey
	Foreign       bool // for one request, from a source outside of package jwks
}

// Key is a checked key. It shares no memory with its Given, so that a later change of
// the Given does not reach it. It is an interface because a package with a pointer to
// a struct could assign to the struct. Two Keys are equal (==) only if one call of
// Check or SharedSecret made both.
type Key interface {
	ID() string        // the kid, or "" for tokens without kid
	Algorithm() string // the name of its one algorithm, as Canonical returns it
	Foreign() bool     // made for one request

	// Verify returns nil if signature is a valid signature of signed.
	Verify(signed string, signature []byte) error

	// Same reports whether both have the same ID, algorithm and public key.
	Same(other Key) bool

	sealed() *key
}

type key struct {
	id        string
	algorithm string
	method    jwt.SigningMethod
	public    crypto.PublicKey
	foreign   bool
}

func (k *key) ID() string        { return k.id }
func (k *key) Algorithm() string { return k.algorithm }
func (k *key) Foreign() bool     { return k.foreign }
func (k *key) sealed() *key      { return k }

func (k *key) Verify(signed string, signature []byte) error {
	return k.method.Verify(signed, signature, k.public)
}

func (k *key) Same(other Key) bool {
	o := other.sealed()
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.id == o.id && k.algorithm == o.algorithm && public.Equal(o.public)
}

// Check returns the Key of g. If g has faults, Check adds them to f, with at in front
// of their fields, and returns nil.
func (g Given) Check(f *httperr.ConfigFaults, at string) Key {
	before := f.Len()
	CheckID(f, at+"ID", g.ID)
	alg, known := Lookup(g.Algorithm)
	switch {
	case known:
	case len(g.Algorithm) == 5 && g.Algorithm[:2] == "HS":
		f.Add(at+"Algorithm", g.Algorithm, "whoever can verify with a shared secret can sign",
			"let the issuer sign with a private key, such as of ES256")
	default:
		f.Add(at+"Algorithm", g.Algorithm, "is not an algorithm of package jwks", "use one of its constants, such as jwks.ES256")
	}
	// The faults show only the type of the key, because it may be a secret.
	public, fault := Copy(g.Public)
	if fault != nil {
		f.Add(at+"Public", fmt.Sprintf("%T", g.Public), fault.Reason, fault.Fix)
	} else if known && !alg.Fits(public) {
		f.Add(at+"Public", fmt.Sprintf("%T", g.Public), "does not fit the algorithm "+g.Algorithm, "use the algorithm "+Suited(public))
	}
	if f.Len() > before {
		return nil
	}
	return &key{id: g.ID, algorithm: Canonical(g.Algorithm), method: alg.Method, public: public, foreign: g.Foreign}
}

// MaxID is the maximal length of a kid in bytes.
const MaxID = 128

// CheckID adds the fault of the ID of a key. A key without ID is for tokens without kid.
func CheckID(f *httperr.ConfigFaults, at, id string) {
	if len(id) > MaxID {
		f.Add(at, fmt.Sprintf("%.32s…", id), "a kid of more than 128 bytes is never accepted", "use a shorter ID")
	}
}

// SharedSecret returns the key of a secret, which it copies. algorithm is the name of an
// HMAC. SharedSecret does not check the secret.
func SharedSecret(id, algorithm string, secret []byte) Key {
	var copied any = bytes.Clone(secret)
	return &key{id: id, algorithm: algorithm, method: secretMethod{hmacs[algorithm].Method, func() any { return copied }}}
}

// A secretMethod keeps the secret behind a function, because fmt cannot print the
// result of a function. With a wrong verb, fmt prints the target of a pointer even
// in an unexported field.
type secretMethod struct {
	jwt.SigningMethod
	secret func() any
}

// Verify ignores its last argument and uses the secret of m.
func (m secretMethod) Verify(signed string, signature []byte, _ any) error {
	return m.SigningMethod.Verify(signed, signature, m.secret())
}
