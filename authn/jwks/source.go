package jwks

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrUnknownKey is the error of a Source that has no key with the requested kid.
var ErrUnknownKey = errors.New("jwks: unknown key")

// Source finds the key of an issuer. It must be safe for concurrent use.
type Source interface {
	// Key returns the key of issuer with the ID kid. Both are compared exactly. An
	// unknown client chose kid: it is at most 128 bytes long, and nothing else is known
	// about it. So it must never become part of a path, a query or a URL.
	//
	// The error is ErrUnknownKey, or wraps it, if issuer has no such key; the token is
	// then refused. Any other error means that the source cannot decide, and the request
	// is answered with 503.
	//
	// A Key from a source of this package stays the same key even if its fields were
	// changed since: a source that changes keys makes new ones. Any other key is checked
	// in full each time it is returned, and if it is invalid the answer is 503. No token
	// that such a key verified is kept in a cache (jwtauth.Config.Cache).
	Key(ctx context.Context, issuer, kid string) (Key, error)
}

// Static is the source of a fixed set of keys, all of the issuer of the Verifier that
// uses it. jwtauth.New reports a fault in one of them, together with all others. With
// several keys an issuer can change over from one to the next.
func Static(keys ...Key) Source {
	s := &staticSource{keys: make(map[string]Key, len(keys))}
	f := httperr.ConfigFaults{Package: pkg}
	if len(keys) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one key to Static")
	}
	for i, k := range keys {
		fieldPrefix := fmt.Sprintf("Keys[%d].", i)
		k.checked = k.check(&f, fieldPrefix)
		if _, twice := s.keys[k.ID]; twice && k.ID != "" {
			f.Add(fieldPrefix+"ID", fmt.Sprintf("%.32s", k.ID), "another key has this ID", "give each key an ID of its own")
		}
		s.keys[k.ID] = k
	}
	s.selfCheck = jwa.NewSelfCheck(f.Err(), false)
	return s
}

// A staticSource has keys that never change.
type staticSource struct {
	keys      map[string]Key
	selfCheck jwa.SelfCheck
}

func (s *staticSource) SelfCheck() jwa.SelfCheck { return s.selfCheck }

func (s *staticSource) Key(_ context.Context, _, kid string) (Key, error) {
	if k, ok := s.keys[kid]; ok {
		return k, nil
	}
	return Key{}, ErrUnknownKey
}
