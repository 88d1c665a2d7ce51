package jwtauth

import (
	"context"
	"crypto/sha256"
	"hash/maphash"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The cache holds accepted tokens. A hit must not allocate. It saves the verification of
// the signature and the parsing of the signed text, and nothing else: every check whose
// result can change with time is made again.

const (
	maxCache     = 1 << 20
	maxCacheTime = time.Minute // of one entry; it also ends at exp
	bucketSize   = 4           // slots in which one token may be
)

// A cache belongs to one Verifier, because another Verifier may refuse the same token. It
// is a table of slots without locks, so a flood of tokens cannot make requests wait, and
// the number of slots bounds the number of tokens.
type cache struct {
	seed  maphash.Seed
	slots []atomic.Pointer[entry]
}

// An entry does not change after it is stored in its slot.
type entry struct {
	// signingInput and signatureSum, the SHA-256 of the signature, identify the token: a
	// token that matches both is the token that was verified. The entry does not hold the
	// signature, and without it the rest is no credential. So a reader of the memory of
	// the process finds no usable tokens here. bucketHash selects the bucket.
	bucketHash   uint64
	signingInput string
	signatureSum [sha256.Size]byte

	issuer    *trustedIssuer
	kid       string // "" if the token has none
	key       jwa.Key
	principal *authn.Principal
	bound     *authn.Confirmation // nil if no key is needed beside the token
	unread    bool                // a claim that only informs could not be read
	times     times
	expires   time.Time
}

// newCache returns nil for a size of 0.
func newCache(f *httperr.ConfigFaults, size int) *cache {
	switch {
	case size < 0:
		f.Add("Cache", size, "is negative", "write the number of tokens to remember, or 0 for none")
	case size > maxCache:
		f.Add("Cache", size, "is more than 1048576, which can take gigabytes",
			"write at most 1048576; a token that is not remembered is verified again")
	case size > 0:
		return &cache{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[entry], size)}
	}
	return nil
}

// bucketHash returns a hash of the first bytes of the signature, which are as random as
// the rest. Only tokens with a valid signature are stored, so a client cannot choose the
// bucket of its token.
func (c *cache) bucketHash(t token) uint64 {
	return maphash.String(c.seed, t.signature[:min(len(t.signature), 32)])
}

// bucket returns the slots in which a token with this hash may be.
func (c *cache) bucket(hash uint64) []atomic.Pointer[entry] {
	buckets := (len(c.slots) + bucketSize - 1) / bucketSize
	first := int(hash%uint64(buckets)) * bucketSize
	return c.slots[first:min(first+bucketSize, len(c.slots))]
}

// sumSignature copies the signature into a buffer on the stack, because a conversion to
// []byte would allocate. Clearing a buffer for the longest signature takes a tenth of the
// time of a cache hit, so short signatures use a smaller buffer.
func sumSignature(signature string) [sha256.Size]byte {
	if len(signature) > 512 {
		return sumLongSignature(signature)
	}
	var buf [512]byte
	return sha256.Sum256(buf[:copy(buf[:], signature)])
}

func sumLongSignature(signature string) [sha256.Size]byte {
	var buf [maxSignature]byte // splitToken refuses longer signatures
	return sha256.Sum256(buf[:copy(buf[:], signature)])
}

// find returns the entry of t, or nil. It empties the slots of expired entries.
func (c *cache) find(t token, now time.Time) *entry {
	hash := c.bucketHash(t)
	bucket := c.bucket(hash)
	for i := range bucket {
		e := bucket[i].Load()
		if e == nil {
			continue
		}
		if !now.Before(e.expires) {
			bucket[i].CompareAndSwap(e, nil)
			continue
		}
		if e.bucketHash == hash && e.signingInput == t.signingInput && e.signatureSum == sumSignature(t.signature) {
			return e
		}
	}
	return nil
}

// put stores a token that was accepted at now. If the bucket has no free slot, put
// replaces any entry, because all of them expire within a minute.
func (c *cache) put(t token, now time.Time, e *entry) {
	e.expires = now.Add(maxCacheTime)
	if e.times.exp.Before(e.expires) {
		e.expires = e.times.exp
	}
	if !now.Before(e.expires) {
		return // exp has passed, and only Config.Leeway still accepts the token
	}
	e.bucketHash, e.signatureSum = c.bucketHash(t), sumSignature(t.signature)
	e.signingInput = strings.Clone(t.signingInput) // do not keep the header fields of the request in memory
	bucket := c.bucket(e.bucketHash)
	slot := &bucket[(e.bucketHash>>32)%uint64(len(bucket))]
	for i := range bucket {
		if old := bucket[i].Load(); old == nil || old.signatureSum == e.signatureSum && old.signingInput == e.signingInput {
			slot = &bucket[i]
			break
		}
	}
	slot.Store(e)
}

// fromCache returns the principal of a token that is in the cache and would be accepted
// again. It returns nil without an error for a token that must be verified. Its error is
// the error that a verification would return.
func (v *verifier) fromCache(ctx context.Context, r *http.Request, t token, now time.Time) (*authn.Principal, error) {
	e := v.cache.find(t, now)
	if e == nil {
		return nil, nil
	}
	// If the key was withdrawn or replaced, the tokens that it verified are no longer
	// valid.
	if e.issuer.legacy == nil { // its secrets never change
		key, why, err := e.issuer.findKey(ctx, e.principal.Issuer, e.kid, e.key.Algorithm())
		switch {
		case err != nil:
			return nil, err
		case why != nil:
			return nil, why.err
		case key != e.key:
			return nil, nil
		}
	}
	// A clock that is set back can move iat or nbf into the future.
	if why := e.issuer.checkTimes(&e.times, now); why != nil {
		return nil, why.err
	}
	if err := v.checkPerRequest(ctx, r, e.principal, e.bound); err != nil {
		return nil, err
	}
	noteUnread(ctx, e.unread)
	return e.principal, nil
}
