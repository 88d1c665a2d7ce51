package jwtissuer

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// SigningKey is a private key of an Issuer. Printing, logging or marshalling it shows
// only ID and Algorithm, with one exception: fmt calls no method of a value in an
// unexported field, and prints the bytes of an Ed25519 key there. Do not keep a
// SigningKey in an unexported field; the Issuer itself is safe.
type SigningKey struct {
	_ [0]func()

	// ID is the kid of the published key: 1 to 128 bytes of visible ASCII without quotes
	// and backslashes. Default: the thumbprint of the public key (RFC 7638, SHA-256,
	// base64.RawURLEncoding).
	ID string

	// Algorithm is the only algorithm of the key. It must fit Private.
	Algorithm jwks.Algorithm

	// Private is a *rsa.PrivateKey of 2048 to 8192 bits, a *ecdsa.PrivateKey on
	// the curve of Algorithm, or an ed25519.PrivateKey. It is copied.
	Private crypto.PrivateKey
}

// GenerateKey makes a key for alg. An RSA key has 2048 bits. The only error is for an alg
// that is not one of the constants of package jwks.
func GenerateKey(alg jwks.Algorithm) (SigningKey, error) {
	a, known := jwa.Lookup(string(alg))
	if !known {
		const unknown = "jwtissuer: GenerateKey: %.32q is not an algorithm of package jwks; use one of its constants, such as ES256"
		return SigningKey{}, fmt.Errorf(unknown, string(alg))
	}
	var private crypto.Signer
	var err error
	switch {
	case a.Curve != nil:
		private, err = ecdsa.GenerateKey(a.Curve, rand.Reader)
	case a.TakesRSA():
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return SigningKey{}, fmt.Errorf("jwtissuer: GenerateKey: %w", err)
	}
	return SigningKey{ID: jwa.Thumbprint(private.Public()), Algorithm: alg, Private: private}, nil
}

// A signingKey is a checked copy of a SigningKey. The two share no memory.
type signingKey struct {
	id         string
	public     jwks.Source // has only the public key
	thumbprint string
	jwk        []byte
	algorithm  jwa.Algorithm
	private    crypto.PrivateKey
	header     string // the encoded header of its tokens
}

// prepare checks k in full and returns its checked copy. If k has faults, it adds them
// with fieldPrefix before their fields, and returns nil. typ is the type of its tokens.
func (k SigningKey) prepare(f *httperr.ConfigFaults, fieldPrefix, typ string) *signingKey {
	before := f.Len()
	alg, known := jwa.Lookup(string(k.Algorithm))
	if !known {
		f.Add(fieldPrefix+"Algorithm", k.Algorithm, "is not an algorithm of package jwks", "use one of its constants, such as jwks.ES256")
	}
	// A fault shows only the type of the key.
	private, public, fault := copyPrivateKey(k.Private)
	if fault != nil {
		f.Add(fieldPrefix+"Private", fmt.Sprintf("%T", k.Private), fault.Reason, fault.Fix)
	} else if known && !alg.Fits(public) {
		f.Add(fieldPrefix+"Private", fmt.Sprintf("%T", k.Private), "does not fit the algorithm "+string(k.Algorithm),
			"use the algorithm "+jwa.Suited(public))
	}
	if len(k.ID) > jwa.MaxID || !field.Quoted(k.ID) || strings.Contains(k.ID, " ") {
		f.Add(fieldPrefix+"ID", fmt.Sprintf("%.32s", k.ID),
			"is longer than 128 bytes, or has one other than visible ASCII, a quote or a backslash",
			"use letters, digits, - and _, or leave it empty")
	}
	if f.Len() > before {
		return nil
	}
	s := &signingKey{thumbprint: jwa.Thumbprint(public), algorithm: alg, private: private}
	s.id = cmp.Or(k.ID, s.thumbprint)
	s.public = jwks.Static(jwks.Key{ID: s.id, Algorithm: k.Algorithm, Public: public})
	s.header = jwa.Encode(jwa.Object(map[string]string{"alg": string(k.Algorithm), "kid": s.id, "typ": typ}))
	jwk := jwa.PublicMembers(public)
	jwk["alg"], jwk["kid"], jwk["use"] = string(k.Algorithm), s.id, "sig"
	s.jwk = jwa.Object(jwk)
	return s
}

// sign returns the token with these claims, which are JSON.
func (s *signingKey) sign(claims string) (string, error) {
	signingInput := s.header + "." + jwa.Encode([]byte(claims))
	signature, err := s.algorithm.Method.Sign(signingInput, s.private)
	if err != nil {
		return "", fmt.Errorf("jwtissuer: signing: %w", err)
	}
	return signingInput + "." + jwa.Encode(signature), nil
}
