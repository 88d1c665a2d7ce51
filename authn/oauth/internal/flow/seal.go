package flow

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const (
	KeySize = 32   // bytes of a key, at least
	maxSize = 4000 // bytes of a sealed cookie; a browser keeps 4096 with the name
	purpose = "sallyport oauth flow cookie v1"
)

// Keys seal cookies with the first key, and open them with each key.
type Keys []cipher.AEAD

// NewKeys returns Keys for secrets of KeySize bytes or more. A cookie is sealed with a key
// that is derived from its secret, so other uses of the secret do no harm.
func NewKeys(secrets [][]byte) (Keys, error) {
	keys := make(Keys, len(secrets))
	for i, secret := range secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, purpose, 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		if keys[i], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

var base64url = base64.RawURLEncoding.Strict()

// Seal returns the name and the value of the cookie of f. ok is false if the value is longer
// than browsers keep.
func (k Keys) Seal(f *Flow) (name, value string, ok bool) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // it would make six bytes of each & of ReturnTo
	if err := encoder.Encode(f); err != nil {
		return "", "", false
	}
	name = Prefix + f.ID
	value = base64url.EncodeToString(k[0].Seal(nil, nil, text.Bytes(), []byte(name)))
	return name, value, len(value) <= maxSize
}

// Open returns the Flow of a cookie. ok is false if the cookie is not of these keys, has
// another name than it was sealed with, or is older than Life.
func (k Keys) Open(name, value string, now time.Time) (f *Flow, ok bool) {
	id, ok := idOf(name)
	if !ok || !alive(id, now) || len(value) > maxSize || strings.ContainsAny(value, "\r\n") { // encoding/base64 skips line ends
		return nil, false
	}
	sealed, err := base64url.DecodeString(value)
	if err != nil {
		return nil, false
	}
	for _, key := range k {
		text, err := key.Open(nil, nil, sealed, []byte(name))
		if err != nil {
			continue
		}
		f = new(Flow)
		if json.Unmarshal(text, f) != nil {
			return nil, false
		}
		f.ID = id
		return f, true
	}
	return nil, false
}

// equal compares secrets in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
