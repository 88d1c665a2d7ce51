package lockout

import (
	"encoding/binary"
	"sync"
	"time"
)

const (
	ways     = 16 // accounts, and owners, in one row
	pairWays = 8  // addresses with a counter of their own in one account
)

// A pair counts an account from one address. The ID is a part of a keyed hash, so an
// attacker cannot aim at two addresses of one account with the same ID.
type pair struct {
	id uint64
	counter
}

// An account counts the failures from addresses that the account does not know.
type account struct {
	id [16]byte
	counter
	pairs    [pairWays]pair
	overflow counter // upper bound of the pairs that were evicted

	forgottenAt int64 // a login that began before this time does not make its address known
}

// A row holds the accounts of one hash. There is room for twice MaxAccounts, so few
// rows are overfull by chance. A new account takes the slot of an account whose
// failures have left the window, or else of the account with the lowest load. The
// counts of the evicted account are merged into the overflow, from which every account
// without a slot starts. So an account may be charged for failures of others, but never
// gets more guesses, and a flood of names resets no count. An account at its limit, or
// with an address at its limit, keeps its slot. If all accounts are like that, new
// accounts share the overflow as if they were one.
type row struct {
	mu               sync.Mutex
	latest           int64
	accounts         [ways]account
	overflow         account
	overflowAccounts [pairWays]uint64 // a part of the account ID, for each pair in the overflow
	owners           [ways]*owner
}

func (a *account) expire(now int64, window time.Duration) {
	a.counter.expire(now, window)
	a.overflow.expire(now, window)
	for i := range a.pairs {
		a.pairs[i].expire(now, window)
	}
}

// load says how near an account is to its limits. At a limit it is full.
func (a *account) load(p *Policy) int {
	load := int(a.n) * full / p.PerAccount
	for i := range a.pairs {
		load = max(load, int(a.pairs[i].n)*full/p.PerAddress)
	}
	return max(load, int(a.overflow.n)*full/p.PerAddress)
}

const full = 1 << 16

// findPair returns the counter of a pair. If the pair has no counter, it returns the
// overflow, from which the pair starts.
func (a *account) findPair(pairID uint64) (c *counter, found bool) {
	for i := range a.pairs {
		if p := &a.pairs[i]; p.id == pairID && p.n > 0 {
			return &p.counter, true
		}
	}
	return &a.overflow, false
}

// claimPair is findPair for a caller that will count.
func (a *account) claimPair(pairID uint64, now int64, p *Policy) *counter {
	if c, found := a.findPair(pairID); found {
		return c
	}
	victim, least := -1, uint16(p.PerAddress)
	for i := range a.pairs {
		if n := a.pairs[i].n; n < least {
			victim, least = i, n
		}
	}
	if victim < 0 {
		return &a.overflow
	}
	// The new pair starts from the overflow before the evicted pair is merged into it:
	// the evicted pair says nothing about the new one.
	old := a.pairs[victim].counter
	a.pairs[victim] = pair{pairID, a.overflow.startingCounter(now)}
	a.overflow.merge(&old)
	return &a.pairs[victim].counter
}

// findAccount returns the account, or the overflow if the account has no slot.
func (r *row) findAccount(id [16]byte) (a *account, found bool) {
	for i := range r.accounts {
		if a := &r.accounts[i]; a.id == id {
			return a, true
		}
	}
	return &r.overflow, false
}

// claimPair returns the account and the counter in which an admitted attempt counts.
func (r *row) claimPair(id [16]byte, pairID uint64, now int64, p *Policy) (a *account, c *counter) {
	a, found := r.findAccount(id)
	if !found {
		a = r.claimAccount(id, now, p)
	}
	c = a.claimPair(pairID, now, p)
	for i := range r.overflowAccounts {
		if c == &r.overflow.pairs[i].counter {
			r.overflowAccounts[i] = binary.BigEndian.Uint64(id[:])
		}
	}
	return a, c
}

// claimAccount makes room for an account without a slot. If the account was counted in
// the overflow until now, its pairs move with it: a free slot must not reset the
// failures of an address.
func (r *row) claimAccount(id [16]byte, now int64, p *Policy) *account {
	victim, least := -1, full
	for i := range r.accounts {
		a := &r.accounts[i]
		a.expire(now, p.Window)
		if load := a.load(p); load < least {
			victim, least = i, load
		}
	}
	if victim < 0 {
		return &r.overflow
	}
	a := &r.accounts[victim]
	old := *a
	*a = account{id: id, counter: r.overflow.startingCounter(now), overflow: r.overflow.overflow.startingCounter(now)}
	r.overflow.merge(&old.counter)
	r.overflow.overflow.merge(&old.overflow)
	for i := range old.pairs {
		r.overflow.overflow.merge(&old.pairs[i].counter)
	}
	for i, accountPart := range r.overflowAccounts {
		if accountPart == binary.BigEndian.Uint64(id[:]) {
			a.pairs[i], r.overflow.pairs[i] = r.overflow.pairs[i], pair{}
		}
	}
	return a
}

// unlock resets all counters of an account and ends its token.
func (r *row) unlock(id [16]byte) {
	if a, found := r.findAccount(id); found {
		a.reset()
		a.overflow.reset()
		for i := range a.pairs {
			a.pairs[i].reset()
		}
	}
	if o := r.findOwner(id); o != nil {
		o.tokenUntil = 0
		for i := range o.known {
			o.known[i].reset()
		}
	}
}
