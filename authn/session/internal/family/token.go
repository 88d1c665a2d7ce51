package family

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
)

const (
	prefix    = "rt1_"
	TagLen    = 26 // characters of the tag of a subject
	SIDLen    = 2 * TagLen
	KeyLen    = 32 // bytes of the key of a family
	idLen     = 2 * TagLen
	secretLen = 52
	macLen    = 26
	tokenLen  = len(prefix) + idLen + 1 + secretLen + 1 + macLen
)

// alphabet is base32 (RFC 4648, section 6). It has neither the underscore of the format
// nor the braces of a Redis hash tag.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// A Hash is the SHA-256 of a secret.
type Hash [sha256.Size]byte

// A Token is a well-formed refresh token. Its text is a credential: String hides it.
type Token struct{ id, secret, mac string }

// Parse reads a token. ok is false if s does not have the one form of a token; it says
// nothing about whether the family exists.
func Parse(s string) (t Token, ok bool) {
	if len(s) != tokenLen || s[:len(prefix)] != prefix {
		return Token{}, false
	}
	rest := s[len(prefix):]
	t = Token{id: rest[:idLen], secret: rest[idLen+1 : idLen+1+secretLen], mac: rest[len(rest)-macLen:]}
	if rest[idLen] != '_' || rest[idLen+1+secretLen] != '_' || !InAlphabet(t.id) || !InAlphabet(t.secret) || !InAlphabet(t.mac) {
		return Token{}, false
	}
	return t, true
}

// New returns the token with this secret.
func New(id, secret string, key []byte) Token {
	return Token{id: id, secret: secret, mac: mac(secret, key)}
}

// WithSecret returns the token of the same family with another secret.
func (t Token) WithSecret(secret string, key []byte) Token { return New(t.id, secret, key) }

// Text returns the token itself, for the client that it is for.
func (t Token) Text() string { return prefix + t.id + "_" + t.secret + "_" + t.mac }

// SID returns the session ID of the family. It begins with the tag of the subject. The
// family ID cannot be derived from it.
func (t Token) SID() string { return SID(t.id) }

// Hash returns the hash of the secret.
func (t Token) Hash() Hash { return HashOf(t.secret) }

// HashOf returns the hash of a secret.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// String hides the token.
func (t Token) String() string { return "refresh token" }

// GoString hides the token from the verb %#v.
func (t Token) GoString() string { return t.String() }

// Genuine reports whether the service made t, by its tag.
func (t Token) Genuine(key []byte) bool {
	return len(key) == KeyLen && hmac.Equal([]byte(t.mac), []byte(mac(t.secret, key)))
}

func mac(secret string, key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(secret))
	return encode(h.Sum(nil))[:macLen]
}

// NewID returns the ID of a new family of the subject with this tag.
func NewID(tag string) string { return tag + random(idLen-TagLen) }

// NewSecret returns a new secret.
func NewSecret() string { return random(secretLen) }

// NewKey returns the key of a new family.
func NewKey() []byte {
	key := make([]byte, KeyLen)
	_, _ = rand.Read(key) // never fails
	return key
}

// SID returns the session ID of a family.
func SID(id string) string {
	sum := sha256.Sum256([]byte("sallyport session id\n" + id))
	return id[:TagLen] + encode(sum[:])[:SIDLen-TagLen]
}

// IsSID reports whether s has the form of a session ID.
func IsSID(s string) bool { return len(s) == SIDLen && InAlphabet(s) }

// A Tag stands for a subject of an issuer. It begins the family IDs and the session IDs of
// the subject.
type Tag [TagLen]byte

// TagOf returns the tag of a subject.
func TagOf(issuer, subject string) (t Tag) {
	// With the buffer, the usual issuer and subject cause no allocation.
	var buf [512]byte
	b := append(buf[:0], "sallyport session subject\n"...)
	b = strconv.AppendInt(b, int64(len(issuer)), 10)
	b = append(b, ' ')
	b = append(b, issuer...)
	b = append(b, subject...)
	sum := sha256.Sum256(b)
	var text [base32Len]byte
	base32.StdEncoding.Encode(text[:], sum[:])
	copy(t[:], text[:])
	return t
}

const base32Len = (sha256.Size + 4) / 5 * 8

func encode(sum []byte) string { return base32.StdEncoding.EncodeToString(sum) }

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = alphabet[b[i]%byte(len(alphabet))] // 256 is a multiple of 32: no character is more likely
	}
	return string(b)
}

// InAlphabet reports whether s has the characters of tokens and session IDs only.
func InAlphabet(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
