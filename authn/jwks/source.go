package jwks

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The errors of a Source that refuse a token.
var (
	// ErrUnknownKey is the error of a Source that has no key with the requested kid or,
	// for a token without kid, no key for its algorithm.
	ErrUnknownKey = errors.New("jwks: unknown key")

	// ErrSeveralKeys is the error of a Source for a token without kid, if several keys could
	// have signed it. An issuer that changes over from one key to the next must name the key
	// in its tokens, or change the algorithm too.
	ErrSeveralKeys = errors.New("jwks: a token without kid, and more than one key for its algorithm")
)

// Source finds the key of an issuer. It must be safe for concurrent use.
type Source interface {
	// Key returns the key of issuer with the ID kid and the algorithm alg. All three are
	// compared exactly. alg is the name of one of the constants of type Algorithm: EdDSA also
	// stands for Ed25519, the other name of the same algorithm (RFC 9864). An unknown client
	// chose kid: it is at most 128 bytes long, and nothing else is known about it. So it must
	// never become part of a path, a query or a URL.
	//
	// An empty kid means that the token has no kid (RFC 7515, section 4.1.4). Key then returns
	// the one key of issuer whose algorithm is alg, with or without an ID. If several keys have
	// this algorithm the error is ErrSeveralKeys.
	//
	// If issuer has the kid only with other algorithms, Key returns one of these keys, and
	// the Verifier refuses the token because of its algorithm.
	//
	// The error is ErrUnknownKey, or wraps it, if issuer has no such key; the token is
	// then refused, as it is for ErrSeveralKeys. Any other error means that the source cannot
	// decide, and the request is answered with 503.
	//
	// A Key from a source of this package stays the same key even if its fields were
	// changed since: a source that changes keys makes new ones. Any other key is checked
	// in full each time it is returned, and if it is invalid the answer is 503. No token
	// that such a key verified is kept in a cache (jwtauth.Config.Cache).
	Key(ctx context.Context, issuer, kid, alg string) (Key, error)
}

// Static is the source of a fixed set of keys, all of the issuer of the Verifier that
// uses it. jwtauth.New reports a fault in one of them, together with all others. With
// several keys an issuer can change over from one to the next. Two keys may have the same ID
// if their algorithms differ.
func Static(keys ...Key) Source {
	s := &staticSource{keys: newKeySet()}
	f := httperr.ConfigFaults{Package: pkg}
	if len(keys) == 0 {
		f.Add("Keys", nil, "no token could ever be verified", "pass at least one key to Static")
	}
	ids := identities{}
	for i, k := range keys {
		fieldPrefix := fmt.Sprintf("Keys[%d].", i)
		k.checked = k.check(&f, fieldPrefix)
		ids.add(&f, fieldPrefix, k.ID, k.Algorithm)
		if k.checked != nil {
			k.Algorithm = Algorithm(k.checked.Algorithm())
			s.keys.add(&boundKey{Key: k})
		}
	}
	s.selfCheck = jwa.NewSelfCheck(f.Err())
	return s
}

// identities are the IDs and algorithms that a caller has used. Two keys with the same
// would be ambiguous.
type identities map[[2]string]bool

// add adds an ID and an algorithm, or the fault that they were used before.
func (used identities) add(f *httperr.ConfigFaults, fieldPrefix, id string, alg Algorithm) {
	identity := [2]string{id, jwa.Canonical(string(alg))}
	if used[identity] {
		f.Add(fieldPrefix+"ID", fmt.Sprintf("%.32s", id), "another key has this ID and algorithm", "give each key an ID of its own")
	}
	used[identity] = true
}

// A staticSource has keys that never change.
type staticSource struct {
	keys      *keySet
	selfCheck jwa.SelfCheck
}

func (s *staticSource) SelfCheck() jwa.SelfCheck { return s.selfCheck }

func (s *staticSource) Key(_ context.Context, issuer, kid, alg string) (Key, error) {
	k, err := s.keys.find(issuer, kid, alg)
	if err != nil {
		return Key{}, err
	}
	return *k, nil
}
