package ratelimit

import (
	"context"
	"time"
)

// A Store keeps windows that several processes share. Package ratelimit/redisstore has
// one. With a nil [Config].Store the memory of this process counts.
type Store interface {
	// Open prepares a set of limits under a name. New calls it once per tier. Open
	// reports every fault of the store's own configuration, and no later call reports
	// one. name is a token (RFC 9110, section 5.6.2) of at most 136 characters. The
	// same name and limits on another process are the same window. A nil Counter
	// without an error is a fault.
	Open(name string, limits []Limit) (Counter, error)

	// A Store that can find its server configured so that it may admit more than the
	// limits may also have
	//
	//	OnFault(tell func(error))
	//
	// New calls OnFault once if Config.OnState is set. The Store then calls tell for each
	// change to such a configuration, from any goroutine.
}

// A faultReporter is a [Store] with the method OnFault, which is described at Store.
type faultReporter interface {
	OnFault(tell func(error))
}

// A Counter decides for one set of limits. It is safe for concurrent use. Every method
// returns by the deadline of ctx, even if the network hangs.
//
// An error is a failure of the store. Several failures in a row open a circuit breaker.
// But if the error, or an error that it wraps, has a method OfKey() bool that returns
// true, then the store works and only the stored value of this key is unusable. Then
// OnFailure decides only this request.
type Counter interface {
	// Take debits n units (1 to the smallest quota) of key from all limits or from no
	// limit. With atMost it debits the available units, 0 to n. With n == 0 it debits
	// nothing and only reports.
	Take(ctx context.Context, key [16]byte, n int, atMost bool) (Count, error)

	// Refund gives back up to n units that a Take debited with that Stamp, if they
	// still count in a window. It can never admit more than the limit in any window.
	Refund(ctx context.Context, key [16]byte, n int, stamp Stamp) error

	// Reset forgets the key.
	Reset(ctx context.Context, key [16]byte) error

	// A Counter that can keep a deadline without a context of its own may also have
	//
	//	TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (Count, error)
	//
	// The Limiter then calls TakeUntil in place of Take, with the unchanged context of
	// the request. TakeUntil returns by deadline as well.
}

// A Count is the decision of a Counter: a small value without pointers. An impossible
// Count, such as a refusal without a Wait, is a failure of the store.
type Count struct {
	// Granted is the number of debited units: n, or 0; with atMost the available units.
	Granted int

	// Limit is the index of the described limit: on refusal the limit that takes
	// longest, else the limit with the fewest units left.
	Limit int

	// Left is the number of units that this limit still has.
	Left int64

	// Wait is, on refusal, the time until n units (with atMost: 1) would be granted, and
	// else the time until Left grows, or 0 if nothing is used. It is at most 100 years.
	Wait time.Duration

	// Stamp says where the units were debited, for Refund.
	Stamp Stamp

	// Cached reports that the store was not asked, so the answer does not prove that
	// the store works.
	Cached bool
}

// A Stamp says where a Counter debited units. Only the Counter reads it.
type Stamp struct {
	// At is the time of the debit, by the clock of the Counter.
	At int64

	// Life tells the units of a key from earlier units of the same key, which the Counter
	// has forgotten since: by Reset, or because it lost the key. A time alone does not tell
	// them apart if the clock was set back.
	Life int64
}

// keyError is an error of a Counter about one key, as described at Counter.
type keyError interface {
	error
	OfKey() bool
}

// A deadlineTaker is a [Counter] with the method TakeUntil, which is described at
// Counter. A context with a deadline costs three allocations and a timer for each
// decision; a deadline as a value costs neither.
type deadlineTaker interface {
	TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (Count, error)
}

// maxWait is the longest Wait that plausible accepts. A clock that was set back makes
// waits longer than any window, but a wait above maxWait is an error of the store, and
// could overflow.
const maxWait = 100 * 365 * 24 * time.Hour

// plausible reports whether n is a possible answer of a store that was asked for so
// many units. A store is another program, and its numbers are used without further
// checks.
func (n Count) plausible(s *limitSet, asked int, m mode) bool {
	whole := n.Granted == 0 || n.Granted == asked || m == atMost && 0 < n.Granted && n.Granted < asked
	least := time.Duration(0)
	if n.Granted == 0 && (asked > 0 || n.Left == 0) {
		least = 1 // a refusal has a Wait
	}
	return whole && 0 <= n.Limit && n.Limit < len(s.limits) &&
		0 <= n.Left && n.Left <= maxQuota && least <= n.Wait && n.Wait <= maxWait
}
