package jwtauth

import (
	"context"
	"reflect"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrCredential is the reason why a malformed Authorization field is refused.
var ErrCredential = errCredential

// CachedTokens returns the number of tokens in the cache of v.
func CachedTokens[C any](v *Verifier[C]) (n int) {
	for i := range v.cache.slots {
		if v.cache.slots[i].Load() != nil {
			n++
		}
	}
	return n
}

// FromCacheAt returns the principal of a cached token at the time now, or nil if the
// token has to be verified.
func FromCacheAt[C any](ctx context.Context, v *Verifier[C], token string, now time.Time) (*authn.Principal, error) {
	t, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	return v.fromCache(ctx, t, now)
}

// CachedHeaders returns the number of headers in the cache of v.
func CachedHeaders[C any](v *Verifier[C]) (n int) {
	for i := range v.headers {
		if v.headers[i].Load() != nil {
			n++
		}
	}
	return n
}

// TenantOf returns the tenant in iss for the first issuer of v.
func TenantOf[C any](v *Verifier[C], iss string) (tenant string, ok bool) {
	return v.issuers[0].tenantOf(iss)
}

// SchemaNames returns the names that the schema of the struct c has, or the faults of c.
func SchemaNames(c reflect.Type) (names []string, err error) {
	f := httperr.ConfigFaults{Package: "jwtauth"}
	s := compileSchema(&f, c, nil)
	return s.Names, f.Err()
}
