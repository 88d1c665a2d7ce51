package jwa

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// PublicMembers returns the members of the JWK of public, a result of Copy. These are
// exactly the members from which the thumbprint is computed (RFC 7638, section 3.2;
// RFC 8037, appendix A.3).
func PublicMembers(public crypto.PublicKey) map[string]string {
	switch public := public.(type) {
	case *rsa.PublicKey:
		e := big.NewInt(int64(public.E)).Bytes()
		return map[string]string{"kty": "RSA", "e": Encode(e), "n": Encode(public.N.Bytes())}
	case *ecdsa.PublicKey:
		point, err := encodePoint(public) // 4, x, y
		if err != nil {
			return nil
		}
		half := len(point) / 2
		return map[string]string{
			"kty": "EC", "crv": public.Curve.Params().Name,
			"x": Encode(point[1 : 1+half]), "y": Encode(point[1+half:]),
		}
	case ed25519.PublicKey:
		return map[string]string{"kty": "OKP", "crv": "Ed25519", "x": Encode(public)}
	}
	return nil
}

// Thumbprint returns the SHA-256 of the JWK of public (RFC 7638), in base64url. As
// the ID of a key it depends only on the key: two keys never have the same
// thumbprint, and one key never has two.
func Thumbprint(public crypto.PublicKey) string {
	sum := sha256.Sum256(Object(PublicMembers(public)))
	return Encode(sum[:])
}

// Object returns the JSON of an object without white space, with its members in the
// order of their names, as a thumbprint requires.
func Object(members map[string]string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(members) // strings can always be marshalled
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Encode returns b in base64url without padding.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
