package jwtauth

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/authn"
)

// Remembered returns how many tokens v holds.
func Remembered[C any](v *Verifier[C]) (n int) {
	for i := range v.cache.places {
		if v.cache.places[i].Load() != nil {
			n++
		}
	}
	return n
}

// FromCacheAt is the principal that v remembers for a token at a time; nil if it has to be verified.
func FromCacheAt[C any](ctx context.Context, v *Verifier[C], token string, now time.Time) (*authn.Principal, error) {
	t, err := split(token)
	if err != nil {
		return nil, err
	}
	return v.fromCache(ctx, t, now)
}

// KnownHeaders returns how many headers v holds.
func KnownHeaders[C any](v *Verifier[C]) (n int) {
	for i := range v.headers {
		if v.headers[i].Load() != nil {
			n++
		}
	}
	return n
}
