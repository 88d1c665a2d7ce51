package jwa

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
)

// HalfHash returns the left half of the hash of text, in base64url without padding. The hash
// is that of the algorithm with this name: OpenID Connect Core, section 3.1.3.6, defines
// at_hash so. For EdDSA, which the section does not mention, it is SHA-512, the hash inside
// of Ed25519.
func HalfHash(algorithm, text string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(algorithm, "256"):
		h := sha256.Sum256([]byte(text))
		sum = h[:]
	case strings.HasSuffix(algorithm, "384"):
		h := sha512.Sum384([]byte(text))
		sum = h[:]
	default:
		h := sha512.Sum512([]byte(text))
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
