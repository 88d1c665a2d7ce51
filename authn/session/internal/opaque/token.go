package opaque

import (
	"crypto/sha256"
	"encoding/base32"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
)

const (
	prefix    = "st1_"
	secretLen = 52
	tokenLen  = len(prefix) + family.TagLen + 1 + secretLen
	label     = "sallyport cookie session id\n"
)

// New returns the token and the session ID of a new session of the subject with this tag.
func New(tag string) (token, sid string) {
	token = prefix + tag + "_" + family.NewSecret()
	return token, sidOf(token)
}

// SID returns the session ID of a token. ok is false if s does not have the one form of a
// token; it says nothing about whether the session exists.
func SID(s string) (sid string, ok bool) {
	if len(s) != tokenLen || s[:len(prefix)] != prefix {
		return "", false
	}
	rest := s[len(prefix):]
	if rest[family.TagLen] != '_' || !family.InAlphabet(rest[:family.TagLen]) || !family.InAlphabet(rest[family.TagLen+1:]) {
		return "", false
	}
	return sidOf(s), true
}

// sidOf allocates the result only.
func sidOf(token string) string {
	var buf [len(label) + tokenLen]byte
	sum := sha256.Sum256(append(append(buf[:0], label...), token...))
	var text [(sha256.Size + 4) / 5 * 8]byte
	base32.StdEncoding.Encode(text[:], sum[:])
	var sid [family.SIDLen]byte
	copy(sid[:], token[len(prefix):][:family.TagLen])
	copy(sid[family.TagLen:], text[:])
	return string(sid[:])
}
