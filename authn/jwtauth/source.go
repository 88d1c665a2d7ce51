package jwtauth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// KeySource finds the key of an issuer. It must be safe for concurrent use.
type KeySource interface {
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
	// in a cache (Config.Cache).
	Key(ctx context.Context, issuer, kid string) (Key, error)
}

// Static is the source of a fixed set of keys, all of the issuer of the
// Verifier that it is given to. A fault in one of them is reported by New,
// together with all others. Several keys let an issuer change over from one to
// the next.
func Static(keys ...Key) KeySource {
	s := &static{given: slices.Clone(keys), keys: make(map[string]Key, len(keys))}
	for _, k := range keys {
		k.ready = k.prepare(new(httperr.ConfigFaults), "") // nil if unsound, which check tells
		s.keys[k.ID] = k
	}
	return s
}

type static struct {
	given []Key
	keys  map[string]Key
}

// check adds what is wrong with the keys.
func (s *static) check(f *httperr.ConfigFaults) {
	if len(s.given) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one key to Static")
	}
	seen := make(map[string]bool, len(s.given))
	for i, k := range s.given {
		at := fmt.Sprintf("Keys[%d].", i)
		k.prepare(f, at)
		if seen[k.ID] && k.ID != "" {
			f.Add(at+"ID", fmt.Sprintf("%.32s", k.ID), "another key has this ID", "give each key an ID of its own")
		}
		seen[k.ID] = true
	}
}

func (s *static) Key(_ context.Context, _, kid string) (Key, error) {
	if k, ok := s.keys[kid]; ok {
		return k, nil
	}
	return Key{}, ErrUnknownKey
}

// key asks the source of a party and makes sure of what it answers.
func (v *verifier) key(ctx context.Context, from *party, kid string) (*readyKey, error) {
	k, err := from.keys.Key(ctx, from.issuer, kid)
	switch {
	case err == nil:
	case errors.Is(err, ErrUnknownKey):
		return nil, v.refuse.unknownKey
	default:
		return nil, outage(ctx, err)
	}
	ready := k.ready
	if ready == nil {
		f := httperr.ConfigFaults{Package: "jwtauth"}
		if ready = k.prepare(&f, ""); ready == nil {
			return nil, unavailable(f.Err())
		}
		ready.foreign = true
	}
	if ready.id != kid {
		return nil, unavailable(errOtherKey)
	}
	return ready, nil
}
