package flow

import (
	"bytes"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/seal"
)

const (
	maxSize = 4000 // bytes of a sealed cookie; a browser keeps 4096 with the name
	purpose = "sallyport oauth flow cookie v1"
)

// Keys seal the cookies of logins.
type Keys struct{ keys seal.Keys }

// NewKeys returns Keys for secrets of seal.KeySize bytes or more.
func NewKeys(secrets [][]byte) (Keys, error) {
	keys, err := seal.NewKeys(secrets, purpose)
	return Keys{keys}, err
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
	value = base64url.EncodeToString(k.keys.Seal(text.Bytes(), name))
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
	text, ok := k.keys.Open(sealed, name)
	f = new(Flow)
	if !ok || json.Unmarshal(text, f) != nil {
		return nil, false
	}
	f.ID = id
	return f, true
}

// equal compares secrets in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
