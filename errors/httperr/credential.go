package httperr

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// hashed is how much of either end of a long credential is hashed. What tells
// one from another is at one of them, and a client must not buy work by length.
const hashed = 128

// NoteCredential puts a keyed hash of a credential that was refused into the
// record of the request that ctx belongs to: 16 hexadecimal digits of
// HMAC-SHA-256 under Config.CredentialKey, of the whole credential or, beyond
// 256 bytes, of its first and last 128. Whoever reads the trail can follow a
// stolen or guessed credential through it, and cannot use it. Outside the chain
// it does nothing.
func NoteCredential(ctx context.Context, credential string) {
	rec := carrier.From(ctx)
	if rec == nil || credential == "" {
		return
	}
	m, ok := rec.Facts().Outer.(*Middleware)
	if !ok {
		return
	}
	mac := m.macs.Get().(hash.Hash)
	mac.Reset()
	if len(credential) > 2*hashed {
		_, _ = io.WriteString(mac, credential[:hashed])
		credential = credential[len(credential)-hashed:]
	}
	_, _ = io.WriteString(mac, credential) // a hash never fails
	var sum [sha256.Size]byte
	text := hex.EncodeToString(mac.Sum(sum[:0])[:8])
	m.macs.Put(mac)
	rec.Update(func(f *carrier.Facts) { f.Credential = text })
}

func randomKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return key
}
