package jwtauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

// A member of a JSON object, whose value is a string without escapes.
type member struct{ name, value string }

// publicMembers returns the members of the JWK of public, which copyPublic
// returned, in the order of their names: those that the thumbprint is made of,
// and no others (RFC 7638, section 3.2; RFC 8037, appendix A.3).
func publicMembers(public crypto.PublicKey) []member {
	switch public := public.(type) {
	case *rsa.PublicKey:
		e := big.NewInt(int64(public.E)).Bytes()
		return []member{{"e", encodeBytes(e)}, {"kty", "RSA"}, {"n", encodeBytes(public.N.Bytes())}}
	case *ecdsa.PublicKey:
		point, err := encodePoint(public) // 4, x, y
		if err != nil {
			return nil
		}
		half := len(point) / 2
		return []member{{"crv", public.Curve.Params().Name}, {"kty", "EC"}, {"x", encodeBytes(point[1 : 1+half])}, {"y", encodeBytes(point[1+half:])}}
	case ed25519.PublicKey:
		return []member{{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", encodeBytes(public)}}
	}
	return nil
}

// thumbprint returns the SHA-256 of the JWK of public (RFC 7638), in base64url.
// As the ID of a key it depends on nothing but the key: two keys never get the
// same one, and one key never gets two.
func thumbprint(public crypto.PublicKey) string {
	sum := sha256.Sum256(appendMembers(nil, publicMembers(public)))
	return encodeBytes(sum[:])
}

// appendMembers appends an object.
func appendMembers(b []byte, members []member) []byte {
	sep := byte('{')
	for _, m := range members {
		b = append(b, sep, '"')
		b = append(b, m.name...)
		b = append(b, `":"`...)
		b = append(b, m.value...)
		b = append(b, '"')
		sep = ','
	}
	return append(b, '}')
}

func encodeBytes(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
