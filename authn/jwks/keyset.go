package jwks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
)

// A keySet finds the keys of one source. It is never changed once it is in use.
type keySet struct {
	all  []*boundKey
	byID map[string]*boundKey // of the keys with an ID
}

// A boundKey is a checked key. With an issuer it is only for that issuer, which may have
// claim.TenantMark in it.
type boundKey struct {
	Key
	issuer string
	next   *boundKey // another key with the same ID
}

// errOtherIssuer is the error if all keys with a kid are bound to other issuers. No
// refresh of the set is needed.
var errOtherIssuer = fmt.Errorf("%w: the key with this kid is for another issuer", ErrUnknownKey)

func newKeySet() *keySet { return &keySet{byID: map[string]*boundKey{}} }

func (s *keySet) add(k *boundKey) {
	s.all = append(s.all, k)
	if k.ID != "" {
		k.next, s.byID[k.ID] = s.byID[k.ID], k
	}
}

// size returns the number of keys. A nil keySet is empty.
func (s *keySet) size() int {
	if s == nil {
		return 0
	}
	return len(s.all)
}

// find returns the key of issuer for a token with this kid and alg, as Source.Key does. If
// all keys with this kid have other algorithms, it returns one of them. The error is
// exactly ErrUnknownKey if a refresh of the set might bring the key.
func (s *keySet) find(issuer, kid, alg string) (*Key, error) {
	if kid == "" {
		return s.findByAlgorithm(issuer, alg)
	}
	sameID := s.byID[kid]
	var other *Key
	for k := sameID; k != nil; k = k.next {
		if k.issuer != "" && !k.isFor(issuer) {
			continue
		}
		if string(k.Algorithm) == alg {
			return &k.Key, nil
		}
		other = &k.Key
	}
	switch {
	case other != nil:
		return other, nil
	case sameID != nil:
		return nil, errOtherIssuer
	}
	return nil, ErrUnknownKey
}

// findByAlgorithm returns the one key of issuer with this algorithm.
func (s *keySet) findByAlgorithm(issuer, alg string) (*Key, error) {
	var found *Key
	for _, k := range s.all {
		if string(k.Algorithm) != alg || k.issuer != "" && !k.isFor(issuer) {
			continue
		}
		if found != nil {
			return nil, ErrSeveralKeys
		}
		found = &k.Key
	}
	if found == nil {
		return nil, ErrUnknownKey
	}
	return found, nil
}

// isFor reports whether issuer is the one to which k is bound.
func (k *boundKey) isFor(issuer string) bool {
	if k.issuer == issuer {
		return !strings.Contains(issuer, claim.TenantMark) // it stands for a tenant, never for itself
	}
	_, ok := claim.Tenant(k.issuer, issuer)
	return ok
}

// without returns the keys that are not exposed, or nil.
func (s *keySet) without(exposed map[string]bool) *keySet {
	kept := newKeySet()
	for _, k := range s.all {
		part := ""
		switch public := k.Public.(type) {
		case *rsa.PublicKey:
			part = "n" + string(public.N.Bytes())
		case *ecdsa.PublicKey:
			if point, err := public.Bytes(); err == nil { // 4, x, y
				part = "x" + string(bytes.TrimLeft(point[1:(len(point)+1)/2], "\x00"))
			}
		case ed25519.PublicKey:
			part = "x" + string(bytes.TrimLeft(public, "\x00"))
		}
		if !exposed[part] && (k.ID == "" || !exposed["kid"+k.ID]) {
			again := *k
			again.next = nil
			kept.add(&again)
		}
	}
	if kept.size() == 0 {
		return nil
	}
	return kept
}

// keepUnchanged gives each key in s that is equal to a key in before the checked form of
// that key. A cache of jwtauth keeps the tokens of a key only as long as its checked form is
// the same one.
func (s *keySet) keepUnchanged(before *keySet) {
	if before == nil {
		return
	}
	for _, k := range s.all {
		for _, old := range before.all {
			if old.ID == k.ID && old.issuer == k.issuer && old.checked.Same(k.checked) {
				k.checked = old.checked
				break
			}
		}
	}
}
