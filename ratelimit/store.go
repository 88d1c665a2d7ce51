package ratelimit

import (
	"context"
	"time"
)

// A Store keeps windows that several processes share. Package
// ratelimit/redisstore has one; a nil [Config].Store is the memory of this
// process.
type Store interface {
	// Open prepares a set of limits under a name; New calls it once per tier. It
	// reports every fault of the store's own configuration here, never later.
	// name is a token (RFC 9110, section 5.6.2) of at most 136 characters; the
	// same name and limits on another process is the same window. A nil Counter
	// without an error is a fault.
	Open(name string, limits []Limit) (Counter, error)
}

// A Counter decides for one set of limits. It is safe for concurrent use. Every
// method honours ctx: it returns by its deadline, whatever the network does.
//
// An error is a failure of the store, which after several is left alone, unless
// it or one that it wraps has a method OfKey() bool that returns true: the store
// works, and only what it holds of this key is of no use. Then OnFailure decides
// this request and no other.
type Counter interface {
	// Take debits n units (1 to the smallest quota) of key from all limits or
	// from none. With atMost it debits what is there, 0 to n. n == 0 only looks.
	Take(ctx context.Context, key [16]byte, n int, atMost bool) (Count, error)

	// Refund gives back up to n units that a Take debited with that Stamp, if
	// they still count in a window: it can never admit more than the limit in any
	// window.
	Refund(ctx context.Context, key [16]byte, n int, stamp int64) error

	// Reset forgets the key.
	Reset(ctx context.Context, key [16]byte) error

	// A Counter that can keep a deadline without a context of its own may also have
	//
	//	TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (Count, error)
	//
	// It is called in place of Take, with the context of the request as it is, and
	// returns by deadline as well.
}

// A Count is what a Counter has decided. Small value, no pointers. One that
// cannot be, such as a refusal without a Wait, is a failure of the store.
type Count struct {
	Granted int           // units debited: n, or 0, or with atMost what was there
	Limit   int           // index of the limit that it is about: refused, the one that takes longest; else the one with the least left
	Left    int64         // units that limit still has
	Wait    time.Duration // refused: until n units (atMost: 1) would be granted; else until Left grows (0: nothing used); at most 100 years
	Stamp   int64         // where the units were debited; opaque, for Refund

	// Cached says that nobody was asked: it is no sign that the store works.
	Cached bool
}

// keyError is an error of a Counter that is about a key, as described there.
type keyError interface {
	error
	OfKey() bool
}

// A deadlineTaker is a [Counter] that needs no context of its own to be back in
// time: TakeUntil is Take, and returns by deadline as well. A context that ends by
// itself costs three allocations and a timer for each decision; a deadline that is
// a value costs neither.
type deadlineTaker interface {
	TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (Count, error)
}

// maxWait is the longest Wait that is believed. A clock that was set back makes
// waits longer than any window; past this it is nonsense, and overflows soon.
const maxWait = 100 * 365 * 24 * time.Hour

// plausible reports whether a store may have decided so. What it says is worked with,
// and a store is another program.
func (n Count) plausible(s *limitSet, asked int, m mode) bool {
	whole := n.Granted == 0 || n.Granted == asked || m == atMost && 0 < n.Granted && n.Granted < asked
	least := time.Duration(0)
	if n.Granted == 0 && (asked > 0 || n.Left == 0) {
		least = 1 // a refusal says when to come back
	}
	return whole && 0 <= n.Limit && n.Limit < len(s.limits) && 0 <= n.Left && n.Left <= maxQuota && least <= n.Wait && n.Wait <= maxWait
}
