package apikey

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/go-sallyport/sallyport/authn"
)

const maxLegacyKey = 1024 // bytes

// findLegacy is find for a key that Generate did not make.
func (a *Authenticator) findLegacy(ctx context.Context, key string, rec *Record) (hash [sha256.Size]byte, known bool, err error) {
	if key == "" || len(key) > maxLegacyKey {
		return hash, false, errLength
	}
	if *rec, known, err = a.legacy(ctx, key); err != nil {
		return hash, false, authn.ErrUnavailable.With(fmt.Errorf("apikey: Config.Legacy: %w", err))
	}
	return sha256.Sum256([]byte(key)), known, nil
}
