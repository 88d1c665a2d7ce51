package jwks

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrUnknownKey is the error of a Source that has no key of that name.
var ErrUnknownKey = errors.New("jwks: unknown key")

// Source finds the key of an issuer. It must be safe for concurrent use.
type Source interface {
	// Key returns the key that issuer signs with under the name kid. Both are
	// compared exactly. kid is what a stranger wrote: it is at most 128 bytes
	// and nothing else is known of it, so it must never become part of a path,
	// a query or a URL.
	//
	// The error is ErrUnknownKey, or wraps it, if issuer has no such key; the
	// token is then refused. Any other says that the source cannot tell, and
	// the request is answered with 503.
	//
	// A Key that came out of a source of this package is the one that it was
	// there, whatever its fields have been set to since: a source that changes
	// keys makes new ones. Any other is checked in full each time it is returned,
	// and if it is unsound the answer is 503. No token that it verified is kept
	// in a cache (jwtauth.Config.Cache).
	Key(ctx context.Context, issuer, kid string) (Key, error)
}

// Static is the source of a fixed set of keys, all of the issuer of the
// Verifier that it is given to. A fault in one of them is reported by jwtauth.New,
// together with all others. Several keys let an issuer change over from one to
// the next.
func Static(keys ...Key) Source {
	s := &fixed{keys: make(map[string]Key, len(keys))}
	f := httperr.ConfigFaults{Package: pkg}
	if len(keys) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one key to Static")
	}
	for i, k := range keys {
		at := fmt.Sprintf("Keys[%d].", i)
		k.ready = k.check(&f, at)
		if _, twice := s.keys[k.ID]; twice && k.ID != "" {
			f.Add(at+"ID", fmt.Sprintf("%.32s", k.ID), "another key has this ID", "give each key an ID of its own")
		}
		s.keys[k.ID] = k
	}
	s.self = jwa.NewSelfCheck(f.Err(), false)
	return s
}

// A fixed source has keys that never change.
type fixed struct {
	keys map[string]Key
	self jwa.SelfCheck
}

func (s *fixed) SelfCheck() jwa.SelfCheck { return s.self }

func (s *fixed) Key(_ context.Context, _, kid string) (Key, error) {
	if k, ok := s.keys[kid]; ok {
		return k, nil
	}
	return Key{}, ErrUnknownKey
}
