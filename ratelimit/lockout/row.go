package lockout

import (
	"encoding/binary"
	"sync"
	"time"
)

const (
	ways     = 16 // accounts, and owners, in one set
	pairWays = 8  // addresses counted apart in one account
)

// A pair is the counter of an account from one address. The ID is a part of a
// keyed hash: that two of the few of one account share it, nobody can aim at.
type pair struct {
	id uint64
	counter
}

// An account is what was counted of addresses that it does not know.
type account struct {
	id [16]byte
	counter
	pairs    [pairWays]pair
	overflow counter // bound of the pairs that were evicted

	forgottenAt int64 // who began before does not become known
}

// A set holds the accounts of one hash. There is room for twice as many as
// MaxAccounts, so that hardly a set is overfull by chance. A new account takes
// the slot of one whose failures have left the window or, failing that, of the
// one nearest to having none; what was counted there is merged into the rest,
// from which everybody starts who has no slot. So an account may be charged for
// what others did and never the other way round, and a flood of names resets
// nobody's count. One that is at its limit, or has an address that is, keeps its
// slot; if all are like that, new ones share the rest as if they were one.
type row struct {
	mu               sync.Mutex
	latest           int64
	accounts         [ways]account
	overflow         account
	overflowAccounts [pairWays]uint64 // the account, in part, of each pair in the rest
	owners           [ways]*owner
}

func (a *account) expire(now int64, window time.Duration) {
	a.counter.expire(now, window)
	a.overflow.expire(now, window)
	for i := range a.pairs {
		a.pairs[i].expire(now, window)
	}
}

// load is how near an account is to its limits: full is at one of them.
func (a *account) load(p *Policy) int {
	load := int(a.n) * full / p.PerAccount
	for i := range a.pairs {
		load = max(load, int(a.pairs[i].n)*full/p.PerAddress)
	}
	return max(load, int(a.overflow.n)*full/p.PerAddress)
}

const full = 1 << 16

// find returns the counter of a pair or, if it has none, the bound it starts from.
func (a *account) findPair(pairID uint64) (c *counter, found bool) {
	for i := range a.pairs {
		if p := &a.pairs[i]; p.id == pairID && p.n > 0 {
			return &p.counter, true
		}
	}
	return &a.overflow, false
}

// claim is find for somebody who is going to count.
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
	// First the bound of the new one, then what it displaces: it has nothing to
	// do with that.
	old := a.pairs[victim].counter
	a.pairs[victim] = pair{pairID, a.overflow.startingCounter(now)}
	a.overflow.merge(&old)
	return &a.pairs[victim].counter
}

// find returns the account or, if it has no slot, the rest.
func (r *row) findAccount(id [16]byte) (a *account, found bool) {
	for i := range r.accounts {
		if a := &r.accounts[i]; a.id == id {
			return a, true
		}
	}
	return &r.overflow, false
}

// claimPair is what somebody counts in who was admitted.
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

// claim makes room for an account that has no slot. If it was counted in the
// rest until now, its pairs come along: what one address has failed is not to be
// forgotten because a slot is free.
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
