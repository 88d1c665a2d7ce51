package jwtauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// SigningKey is a private key that an Issuer signs with. However it is printed,
// logged or marshalled, only ID and Algorithm are shown, but for one case: fmt
// asks no method of what is in an unexported field, and prints the bytes of an
// Ed25519 key there. Keep no SigningKey in one, but the Issuer that it is for.
type SigningKey struct {
	_ [0]func()

	// ID is the kid that the key is published under: 1 to 128 bytes of visible
	// ASCII without quotes and backslashes. Default: the thumbprint of the
	// public key (RFC 7638, SHA-256, base64url).
	ID string

	// Algorithm is the only one the key is used with. It must fit Private.
	Algorithm Algorithm

	// Private is a *rsa.PrivateKey of 2048 to 8192 bits, a *ecdsa.PrivateKey on
	// the curve of Algorithm, or an ed25519.PrivateKey. It is copied.
	Private crypto.PrivateKey
}

// GenerateKey makes a key for alg, of 2048 bits if that is one of RSA. The only
// error is that of an alg that is none of this package's constants.
func GenerateKey(alg Algorithm) (SigningKey, error) {
	a, known := algorithmOf(alg)
	if !known {
		return SigningKey{}, fmt.Errorf("jwtauth: GenerateKey: %.32q is not an algorithm of this package; use one of its constants, such as ES256", string(alg))
	}
	var private crypto.Signer
	var err error
	switch {
	case a.curve != nil:
		private, err = ecdsa.GenerateKey(a.curve, rand.Reader)
	case alg == EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return SigningKey{}, fmt.Errorf("jwtauth: GenerateKey: %w", err)
	}
	return SigningKey{ID: thumbprint(private.Public()), Algorithm: alg, Private: private}, nil
}

// A signingKey has been checked, and shares no memory with the SigningKey it
// was made from.
type signingKey struct {
	key        Key // the public one
	thumbprint string
	jwk        []byte
	private    crypto.PrivateKey
	header     string // of its tokens, encoded, with the dot behind it
	signature  int    // bytes of its signatures, encoded
}

// prepare checks k in full. It adds what is wrong with it, with at in front of
// the field of SigningKey, and then returns nil.
func (k SigningKey) prepare(f *httperr.ConfigFaults, at string) *signingKey {
	before := f.Len()
	alg, known := algorithmOf(k.Algorithm)
	if !known {
		f.Add(at+"Algorithm", k.Algorithm, "is not an algorithm of this package", "use one of its constants, such as ES256")
	}
	// The key is shown by its type alone.
	private, public, fault := copyPrivate(k.Private)
	if fault != nil {
		f.Add(at+"Private", fmt.Sprintf("%T", k.Private), fault.reason, fault.fix)
	} else if known && !alg.fits(public) {
		f.Add(at+"Private", fmt.Sprintf("%T", k.Private), "does not fit the algorithm "+string(k.Algorithm), "use the algorithm "+suited(public))
	}
	if len(k.ID) > maxKeyID || !field.Quoted(k.ID) || strings.Contains(k.ID, " ") {
		f.Add(at+"ID", fmt.Sprintf("%.32s", k.ID), "is longer than 128 bytes, or has one other than visible ASCII, a quote or a backslash", "use letters, digits, - and _, or leave it empty")
	}
	if f.Len() > before {
		return nil
	}
	s := &signingKey{private: private, thumbprint: thumbprint(public)}
	id := k.ID
	if id == "" {
		id = s.thumbprint
	}
	s.key = Key{ID: id, Algorithm: k.Algorithm, Public: public}
	s.key.ready = &readyKey{id: id, algorithm: k.Algorithm, method: alg.method, public: public}
	names := []member{{"alg", string(k.Algorithm)}, {"kid", id}}
	s.header = encodeBytes(appendMembers(nil, append(names, member{"typ", defaultType}))) + "."
	s.signature = signatureSize(public)
	s.jwk = appendMembers(nil, slices.Concat(names, []member{{"use", "sig"}}, publicMembers(public)))
	return s
}

// signatureSize returns the length of a signature that public verifies, encoded.
func signatureSize(public crypto.PublicKey) int {
	size := ed25519.SignatureSize
	switch public := public.(type) {
	case *rsa.PublicKey:
		size = public.Size()
	case *ecdsa.PublicKey:
		size = 2 * ((public.Curve.Params().BitSize + 7) / 8)
	}
	return base64url.EncodedLen(size)
}

// sign returns the token of claims, which are JSON.
func (s *signingKey) sign(claims []byte) (string, error) {
	b := make([]byte, 0, s.size(len(claims)))
	b = base64url.AppendEncode(append(b, s.header...), claims)
	signature, err := s.key.ready.method.Sign(string(b), s.private)
	if err != nil {
		return "", fmt.Errorf("jwtauth: signing: %w", err)
	}
	return string(base64url.AppendEncode(append(b, '.'), signature)), nil
}

// size returns the length of a token with claims of n bytes.
func (s *signingKey) size(n int) int {
	return len(s.header) + base64url.EncodedLen(n) + len(".") + s.signature
}
