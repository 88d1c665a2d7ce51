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

// maxHashed is the number of bytes at either end of a long credential that are hashed.
// The part that tells one credential from another is at one of the ends, and a client
// must not cause more work by a longer credential.
const maxHashed = 128

// A CredentialHash hashes refused credentials under one key. It is safe for
// concurrent use.
type CredentialHash struct{ macs sync.Pool } // hash.Hash values with the key

// NewCredentialHash returns a CredentialHash. Do not change key afterwards.
func NewCredentialHash(key []byte) *CredentialHash {
	h := new(CredentialHash)
	h.macs.New = func() any { return hmac.New(sha256.New, key) }
	return h
}

// sum returns 16 hexadecimal digits of HMAC-SHA-256. It hashes the whole credential or,
// beyond 256 bytes, its first and last 128 bytes.
func (h *CredentialHash) sum(credential string) string {
	mac := h.macs.Get().(hash.Hash)
	defer h.macs.Put(mac)
	mac.Reset()
	if len(credential) > 2*maxHashed {
		_, _ = io.WriteString(mac, credential[:maxHashed])
		credential = credential[len(credential)-maxHashed:]
	}
	_, _ = io.WriteString(mac, credential) // a hash never fails
	var sum [sha256.Size]byte
	return hex.EncodeToString(mac.Sum(sum[:0])[:8])
}

// NoteCredential puts the keyed hash of a refused credential into the record of the
// request of ctx. With it a reader of the audit trail can follow a stolen or guessed
// credential but cannot use it. Only the outermost layer has the key: without that
// layer NoteCredential does nothing.
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
