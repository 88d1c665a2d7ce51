package lockout

import (
	"context"
	"time"
)

// Store keeps what was counted. It is safe for concurrent use, and each method
// is one atomic step: two that run at a time are as if one came after the
// other. It has the clock, so that several processes have one. A method returns
// by the deadline of ctx; an error means that nothing is known, and the login is refused.
//
// A counter is a number of failures, of which some are pending: reserved by
// Begin and not yet settled. It is 0 again once nothing was counted for
// Policy.Window.
type Store interface {
	// Begin reserves one guess, or refuses and changes nothing.
	//
	// If key.Pair is known to the account, its counter decides alone: below
	// Policy.PerAddress, and Policy.Delay after the last that was counted. If
	// not, the same holds for the counter of the pair, and in addition the
	// counter of the account must be below Policy.PerAccount.
	Begin(ctx context.Context, key Key, policy Policy) (State, error)

	// Settle ends what Begin admitted with the State begun. Failed makes the
	// reservation a failure. Cancelled gives it back. Succeeded gives it back,
	// sets the counter of the pair to what is pending in it, leaves all other
	// failures of the account, and makes the pair known for Policy.KnownFor
	// unless key.NoAddress, or Forget came after Begin and at most ten minutes
	// ago; beyond Policy.MaxKnown, the pair that succeeded longest ago is known no
	// more. A pair that is known no more, however that came, keeps its counter. A
	// reservation that no longer counts, because it is older than the window,
	// changes no number. Only Failed returns a State.
	Settle(ctx context.Context, key Key, begun State, outcome Outcome, policy Policy) (State, error)

	// Unlock sets all counters of the account to what is pending in them, and
	// forgets its token.
	Unlock(ctx context.Context, account [16]byte) error

	// Issue keeps the hash of a token for ttl, in the place of an earlier one.
	Issue(ctx context.Context, account [16]byte, token [32]byte, ttl time.Duration) error

	// Redeem does what Unlock does if token is what Issue kept, makes the pair
	// known as a success would, and reports whether it was. A wrong token leaves
	// the right one as it is.
	Redeem(ctx context.Context, key Key, token [32]byte, policy Policy) (bool, error)

	// Forget makes all pairs of the account unknown. They keep their counters.
	Forget(ctx context.Context, account [16]byte) error
}

// A Key is whose login it is. Both hashes are keyed with Config.Secret: what is
// stored says neither who nor where.
type Key struct {
	Account   [16]byte
	Pair      [16]byte // of account and address
	NoAddress bool     // the address could not be told: never to become known
}

// A Policy is the part of Config that a Store decides by.
type Policy struct {
	PerAddress, PerAccount, DelayAfter, MaxKnown int
	FirstDelay, MaxDelay, Window, KnownFor       time.Duration
}

// Delay is the time to wait after the last of so many failures: 0 below
// DelayAfter, then FirstDelay, doubled by each further one up to MaxDelay.
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

// A State is what a Store has decided.
type State struct {
	Allowed bool
	Known   bool // the pair is known to the account, and its counter alone decided

	// Locked: of Begin, that a counter is at its limit; of Settle, that this
	// failure was the one by which a counter reached its limit.
	Locked bool

	// Failures is what was counted: by the counter of the pair if Known, and
	// otherwise of the account. Of Begin, with what is pending and without this
	// attempt; of Settle, without what is pending and with this failure, or 0 if
	// that did not count any more.
	Failures int

	// Wait is the time until a guess would be admitted, if no other is made.
	Wait time.Duration

	// Stamp is where the reservation is; opaque, for Settle.
	Stamp int64
}

// An Outcome is how an attempt ended.
type Outcome int8

// The outcomes.
const (
	Failed Outcome = iota
	Succeeded
	Cancelled // no password was tried
)
