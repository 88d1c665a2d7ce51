package lockout

import (
	"context"
	"time"
)

// Store keeps the counters. It is safe for concurrent use, and each method is one
// atomic step: two calls at a time have the effect of one call after the other. The
// Store has the clock, so that several processes share one clock. A method returns by
// the deadline of ctx. An error means that the state of the account is not known, and
// the login is refused.
//
// A counter is a number of failures. Some of them are pending: Begin has reserved them
// and Settle has not ended them yet. A counter is 0 again when nothing was counted for
// Policy.Window.
type Store interface {
	// Begin reserves one guess, or refuses and changes nothing.
	//
	// If key.Pair is known to the account, its counter decides alone: it must be below
	// Policy.PerAddress, and Policy.Delay must have passed since the last counted
	// guess. If key.Pair is not known, the same holds for the counter of the pair, and
	// in addition the counter of the account must be below Policy.PerAccount.
	Begin(ctx context.Context, key Key, policy Policy) (State, error)

	// Settle ends the reservation that Begin made with the State begun.
	//
	// Failed makes the reservation a failure. Cancelled gives it back. Succeeded gives
	// it back, resets the counter of the pair to its pending reservations, and leaves
	// all other failures of the account. Succeeded also makes the pair known for
	// Policy.KnownFor, unless key.NoAddress is set, or Forget came after Begin and at
	// most ten minutes ago. Beyond Policy.MaxKnown, the pair whose last success is the
	// oldest becomes unknown. A pair that becomes unknown, for any reason, keeps its
	// counter.
	//
	// A reservation that is older than the window no longer counts, and changes no
	// number. Only Failed returns a State.
	Settle(ctx context.Context, key Key, begun State, outcome Outcome, policy Policy) (State, error)

	// Unlock resets all counters of the account to their pending reservations, and
	// forgets its token.
	Unlock(ctx context.Context, account [16]byte) error

	// Issue stores the hash of a token for ttl, and replaces an earlier one.
	Issue(ctx context.Context, account [16]byte, token [32]byte, ttl time.Duration) error

	// Redeem reports whether token is the token that Issue stored. If it is, Redeem
	// does the work of Unlock, and makes the pair known as a success would. A wrong
	// token leaves the stored token as it is.
	Redeem(ctx context.Context, key Key, token [32]byte, policy Policy) (bool, error)

	// Forget makes all pairs of the account unknown. They keep their counters.
	Forget(ctx context.Context, account [16]byte) error
}

// A Key identifies a login. Both hashes are keyed with Config.Secret, so the store
// shows neither the account nor the address.
type Key struct {
	Account   [16]byte
	Pair      [16]byte // of account and address
	NoAddress bool     // the address is invalid, so it never becomes known
}

// A Policy is the part of Config that a Store needs for its decisions.
type Policy struct {
	PerAddress, PerAccount, DelayAfter, MaxKnown int
	FirstDelay, MaxDelay, Window, KnownFor       time.Duration
}

// Delay returns the time to wait after the last of so many failures: 0 below
// DelayAfter, then FirstDelay, doubled by each further failure up to MaxDelay.
func (p *Policy) Delay(failures int) time.Duration {
	if failures < p.DelayAfter {
		return 0
	}
	d := p.FirstDelay
	for i := p.DelayAfter; i < failures && d < p.MaxDelay; i++ {
		d *= 2
	}
	return min(d, p.MaxDelay)
}

// A State is the decision of a Store.
type State struct {
	Allowed bool
	Known   bool // the pair is known to the account, and its counter alone decided

	// Locked reports, after Begin, that a counter is at its limit; after Settle, that
	// this failure brought a counter to its limit.
	Locked bool

	// Failures is the number of failures, of the pair if Known and otherwise of the
	// account. After Begin it includes pending reservations, but not this attempt.
	// After Settle it does not include pending reservations, but does include this
	// failure. It is 0 if this failure no longer counts.
	Failures int

	// Wait is the time until a guess would be admitted, if there is no other guess
	// meanwhile.
	Wait time.Duration

	// Stamp says where the reservation is. It is opaque, for Settle.
	Stamp int64
}

// An Outcome says how an attempt ended.
type Outcome int8

// The outcomes.
const (
	Failed Outcome = iota
	Succeeded
	Cancelled // no password was tried
)
