package jwtauth

import (
	"context"
	"crypto/sha256"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// This file remembers tokens that were good. A hit must not allocate, and it may
// save the signature and the reading of what was signed, and nothing else: what
// is valid for a while or until somebody changes his mind is asked again.

const (
	maxCache  = 1 << 20
	remember  = time.Minute // at most, and never beyond exp
	cacheWays = 4           // places in which one token may be
)

// A cache belongs to one Verifier: what is good for one may not be for another.
// It is a table of places without locks, so there is nothing for a flood of
// tokens to wait for, and no more of them are held than there are places.
type cache struct {
	seed   maphash.Seed
	places []atomic.Pointer[entry]
}

// An entry does not change once it is in its place.
type entry struct {
	// signed and sum, which is of the signature, identify the token: one that
	// has both is the one that was verified. The signature itself, without which
	// the rest is no credential, is not kept, so nobody who reads the memory of
	// the process finds tokens to use in here. hash, of the signature too and
	// predicted by nobody outside, says where to look.
	hash   uint64
	signed string
	sum    [sha256.Size]byte

	from      *trustedIssuer
	kid       string
	key       jwa.Key
	principal *authn.Principal
	dates     dates
	until     time.Time
}

// newCache returns nil for a size of 0.
func newCache(f *httperr.ConfigFaults, size int) *cache {
	switch {
	case size < 0:
		f.Add("Cache", size, "is negative", "write the number of tokens to remember, or 0 for none")
	case size > maxCache:
		f.Add("Cache", size, "is more than 1048576, which can take gigabytes", "write at most 1048576; a token that is not remembered is verified again")
	case size > 0:
		return &cache{seed: maphash.MakeSeed(), places: make([]atomic.Pointer[entry], size)}
	}
	return nil
}

// set returns the places in which a token of this hash may be.
func (c *cache) set(hash uint64) []atomic.Pointer[entry] {
	sets := (len(c.places) + cacheWays - 1) / cacheWays
	first := int(hash%uint64(sets)) * cacheWays
	return c.places[first:min(first+cacheWays, len(c.places))]
}

// sum hashes out of the stack, for a conversion to []byte would allocate. To clear a
// buffer for the longest signature takes a tenth of the time of a remembered token.
func sum(signature string) [sha256.Size]byte {
	if len(signature) > 512 {
		return sumLong(signature)
	}
	var buf [512]byte
	return sha256.Sum256(buf[:copy(buf[:], signature)])
}

func sumLong(signature string) [sha256.Size]byte {
	var buf [claim.MaxToken]byte // split has made sure of that
	return sha256.Sum256(buf[:copy(buf[:], signature)])
}

// find returns the entry of a token, or nil.
func (c *cache) find(t token, now time.Time) *entry {
	hash := maphash.String(c.seed, t.signature)
	set := c.set(hash)
	for i := range set {
		e := set[i].Load()
		if e == nil {
			continue
		}
		if !now.Before(e.until) {
			set[i].CompareAndSwap(e, nil)
			continue
		}
		if e.hash == hash && e.signed == t.signed && e.sum == sum(t.signature) {
			return e
		}
	}
	return nil
}

// keep remembers a token that was accepted at now. If there is no place left,
// another is forgotten: any will do, for in a minute all of them are.
func (c *cache) keep(t token, now time.Time, e *entry) {
	e.until = now.Add(remember)
	if e.dates.exp.Before(e.until) {
		e.until = e.dates.exp
	}
	if !now.Before(e.until) {
		return // alive by Config.Leeway only
	}
	e.hash, e.sum = maphash.String(c.seed, t.signature), sum(t.signature)
	e.signed = strings.Clone(t.signed) // and not the fields of a request that it is part of
	set := c.set(e.hash)
	place := &set[(e.hash>>32)%uint64(len(set))]
	for i := range set {
		if old := set[i].Load(); old == nil || old.sum == e.sum && old.signed == e.signed {
			place = &set[i]
			break
		}
	}
	place.Store(e)
}

// fromCache returns the principal of a token that is remembered and would be
// accepted again, or nil for one that must be verified. Its error is what
// verifying it would end with.
func (v *verifier) fromCache(ctx context.Context, t token, now time.Time) (*authn.Principal, error) {
	e := v.cache.find(t, now)
	if e == nil {
		return nil, nil
	}
	// A key that was withdrawn or replaced takes its tokens along.
	key, err := v.key(ctx, e.from, e.kid)
	if err != nil {
		return nil, err
	}
	if key != e.key {
		return nil, nil
	}
	// Clocks go back, too.
	if err := v.checkTimes(&e.dates, now); err != nil {
		return nil, err
	}
	if err := v.admit(ctx, e.principal); err != nil {
		return nil, err
	}
	return e.principal, nil
}
