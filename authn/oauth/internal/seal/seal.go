// Package seal encrypts texts under keys that can be replaced.
//
// # Use
//
//	keys, err := seal.NewKeys(secrets, "sallyport oauth flow cookie v1")
//	sealed := keys.Seal(text, name)
//	text, ok := keys.Open(sealed, name)
//
// # Threat
//
// A reader of a sealed text, and a text that was changed, or moved to another name or purpose.
//
// # Invariant
//
// Open accepts only what Seal has made with one of the secrets, for the same purpose and name.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// KeySize is the least number of bytes of a secret.
const KeySize = 32

// Keys seal with the first key, and open with each key.
type Keys []cipher.AEAD

// NewKeys returns Keys for secrets of KeySize bytes or more. The keys are derived from the
// secrets for one purpose, so another use of a secret does no harm.
func NewKeys(secrets [][]byte, purpose string) (Keys, error) {
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

// Check adds the faults of the secrets in the field called name.
func Check(f *httperr.ConfigFaults, name string, secrets [][]byte) {
	if len(secrets) == 0 {
		f.Add(name, nil, "is empty", "make 32 bytes with crypto/rand once, and give them to all processes as a secret")
	}
	for i, secret := range secrets {
		if len(secret) < KeySize {
			f.Add(fmt.Sprintf("%s[%d]", name, i), nil, "is shorter than 32 bytes", "make 32 bytes with crypto/rand")
		}
	}
}

// Seal encrypts a text, and binds it to a name.
func (k Keys) Seal(text []byte, name string) []byte { return k[0].Seal(nil, nil, text, []byte(name)) }

// Open returns the text that was sealed under the name.
func (k Keys) Open(sealed []byte, name string) (text []byte, ok bool) {
	for _, key := range k {
		if text, err := key.Open(nil, nil, sealed, []byte(name)); err == nil {
			return text, true
		}
	}
	return nil, false
}
