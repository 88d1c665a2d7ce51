package jwa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

// PublicMembers returns the members of the JWK of public, which Copy
// returned, in the order of their names: those that the thumbprint is made of,
// and no others (RFC 7638, section 3.2; RFC 8037, appendix A.3).
func PublicMembers(public crypto.PublicKey) [][2]string {
	switch public := public.(type) {
	case *rsa.PublicKey:
		e := big.NewInt(int64(public.E)).Bytes()
		return [][2]string{{"e", Encode(e)}, {"kty", "RSA"}, {"n", Encode(public.N.Bytes())}}
	case *ecdsa.PublicKey:
		point, err := encodePoint(public) // 4, x, y
		if err != nil {
			return nil
		}
		half := len(point) / 2
		return [][2]string{{"crv", public.Curve.Params().Name}, {"kty", "EC"}, {"x", Encode(point[1 : 1+half])}, {"y", Encode(point[1+half:])}}
	case ed25519.PublicKey:
		return [][2]string{{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", Encode(public)}}
	}
	return nil
}

// Thumbprint returns the SHA-256 of the JWK of public (RFC 7638), in base64url.
// As the ID of a key it depends on nothing but the key: two keys never get the
// same one, and one key never gets two.
func Thumbprint(public crypto.PublicKey) string {
	sum := sha256.Sum256(AppendMembers(nil, PublicMembers(public)))
	return Encode(sum[:])
}

// AppendMembers appends an object of names and of strings without escapes.
func AppendMembers(b []byte, members [][2]string) []byte {
	sep := byte('{')
	for _, m := range members {
		b = append(b, sep, '"')
		b = append(b, m[0]...)
		b = append(b, `":"`...)
		b = append(b, m[1]...)
		b = append(b, '"')
		sep = ','
	}
	return append(b, '}')
}

// Encode returns b in base64url without padding.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
