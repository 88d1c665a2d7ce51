package carrier

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"
)

// hashed is how much of either end of a long credential is hashed. The part that
// tells one credential from another is at one of the ends, and a client must not
// buy work by length.
const hashed = 128

// A CredentialHash hashes refused credentials under one key. It is safe for
// concurrent use.
type CredentialHash struct{ macs sync.Pool } // of hash.Hash, keyed

// NewCredentialHash returns a CredentialHash. key must not be changed any more.
func NewCredentialHash(key []byte) *CredentialHash {
	h := new(CredentialHash)
	h.macs.New = func() any { return hmac.New(sha256.New, key) }
	return h
}

// sum returns 16 hexadecimal digits of HMAC-SHA-256, of the whole credential or,
// beyond 256 bytes, of its first and last 128.
func (h *CredentialHash) sum(credential string) string {
	mac := h.macs.Get().(hash.Hash)
	defer h.macs.Put(mac)
	mac.Reset()
	if len(credential) > 2*hashed {
		_, _ = io.WriteString(mac, credential[:hashed])
		credential = credential[len(credential)-hashed:]
	}
	_, _ = io.WriteString(mac, credential) // a hash never fails
	var sum [sha256.Size]byte
	return hex.EncodeToString(mac.Sum(sum[:0])[:8])
}

// NoteCredential puts the keyed hash of a credential that was refused into the
// record of the request that ctx belongs to, so that a reader of the audit trail
// can follow a stolen or guessed credential and cannot use it. Without the
// outermost layer, which has the key, it does nothing.
func NoteCredential(ctx context.Context, credential string) {
	rec := From(ctx)
	if rec == nil || credential == "" {
		return
	}
	h := rec.Facts().Hash
	if h == nil {
		return
	}
	text := h.sum(credential)
	rec.Update(func(f *Facts) { f.Credential = text })
}
