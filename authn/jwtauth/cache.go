package jwtauth

import (
	"context"
	"crypto/sha256"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	httperr "github.com/go-sallyport/sallyport/errors"
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
	// sum identifies the token. hash, which nobody outside can predict, says
	// where to look, so that a token that is not there costs no SHA-256.
	hash uint64
	sum  [sha256.Size]byte

	from      *party
	kid       string
	key       *readyKey
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

// sum hashes out of the stack, for a conversion to []byte would allocate. To
// clear the room for the longest token takes longer than to hash a usual one.
func sum(token string) [sha256.Size]byte {
	if len(token) > 1<<10 {
		return sumLong(token)
	}
	var buf [1 << 10]byte
	return sha256.Sum256(buf[:copy(buf[:], token)])
}

func sumLong(token string) [sha256.Size]byte {
	var buf [maxToken]byte // split has made sure of that
	return sha256.Sum256(buf[:copy(buf[:], token)])
}

// find returns the entry of a token, or nil.
func (c *cache) find(token string, now time.Time) *entry {
	hash := maphash.String(c.seed, token)
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
		if e.hash == hash && e.sum == sum(token) {
			return e
		}
	}
	return nil
}

// keep remembers a token that was accepted at now. If there is no place left,
// another is forgotten: any will do, for in a minute all of them are.
func (c *cache) keep(token string, now time.Time, e *entry) {
	e.until = now.Add(remember)
	if e.dates.exp.Before(e.until) {
		e.until = e.dates.exp
	}
	if !now.Before(e.until) {
		return // alive by Config.Leeway only
	}
	e.hash, e.sum = maphash.String(c.seed, token), sum(token)
	set := c.set(e.hash)
	place := &set[(e.hash>>32)%uint64(len(set))]
	for i := range set {
		if old := set[i].Load(); old == nil || old.sum == e.sum {
			place = &set[i]
			break
		}
	}
	place.Store(e)
}

// recall returns the principal of a token that is remembered and would be
// accepted again, or nil for one that must be verified. Its error is what
// verifying it would end with.
func (v *verifier) recall(ctx context.Context, token string, now time.Time) (*authn.Principal, error) {
	e := v.cache.find(token, now)
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
	if err := v.timely(&e.dates, now); err != nil {
		return nil, err
	}
	if err := v.admit(ctx, e.principal); err != nil {
		return nil, err
	}
	return e.principal, nil
}
