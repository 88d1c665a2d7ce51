package lockout

import (
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
	overflow counter // upper bound of the failures of pairs without a counter

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
	overflowAccounts [pairWays]uint64 // accountPart of each pair in the overflow
	running          []runningPair    // of all accounts of the row; nil if there are none
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

// inherit makes the running guesses of a pair pending in a. The overflow has counted
// them already.
func (a *account) inherit(c *counter) {
	if c.pending > 0 {
		a.pending += c.pending
		a.n = max(a.n, a.pending)
		a.last, a.since = max(a.last, c.last), min(a.since, c.since)
	}
}

// findPair returns the counter of a pair, or nil if the pair has none.
func (a *account) findPair(pairID uint64) *counter {
	for i := range a.pairs {
		if p := &a.pairs[i]; p.id == pairID && p.n > 0 {
			return &p.counter
		}
	}
	return nil
}

// countOf returns the count of a pair, also of a pair without a counter.
func (r *row) countOf(a *account, id [16]byte, pairID uint64) counter {
	if c := a.findPair(pairID); c != nil {
		return *c
	}
	c := a.overflow
	if i := r.indexRunning(accountPart(id), pairID); i >= 0 {
		c.adopt(&r.running[i].counter)
	}
	return c
}

// claimCounter returns the counter of a pair in a, and makes room for it if it has none.
// It returns nil if all counters are at their limit.
func (r *row) claimCounter(a *account, id [16]byte, pairID uint64, now int64, p *Policy) *counter {
	if c := a.findPair(pairID); c != nil {
		return c
	}
	victim, least := -1, uint16(p.PerAddress)
	for i := range a.pairs {
		if n := a.pairs[i].n; n < least {
			victim, least = i, n
		}
	}
	if victim < 0 {
		return nil
	}
	// The new pair starts from the overflow before the evicted pair is merged into it:
	// the evicted pair says nothing about the new one.
	old, part := a.pairs[victim], accountPart(id)
	running := r.takeRunning(part, pairID, now)
	a.pairs[victim] = pair{pairID, a.overflow.startingCounter(now)}
	a.pairs[victim].adopt(&running)
	if a == &r.overflow {
		part, r.overflowAccounts[victim] = r.overflowAccounts[victim], part
	}
	r.retire(part, &old, &a.overflow)
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
	a = r.claimSlot(id, now, p)
	if c = r.claimCounter(a, id, pairID, now, p); c == nil {
		c = r.addRunning(accountPart(id), pairID, counter{since: now})
	}
	if c == nil {
		c = &a.overflow
	}
	return a, c
}

// claimSlot returns the account, or the overflow if there is no room for the account.
func (r *row) claimSlot(id [16]byte, now int64, p *Policy) *account {
	if a, found := r.findAccount(id); found {
		return a
	}
	return r.claimAccount(id, now, p)
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
	r.overflow.overflow.pending = max(r.overflow.overflow.pending, old.overflow.pending)
	for i := range old.pairs {
		r.retire(accountPart(old.id), &old.pairs[i], &r.overflow.overflow)
	}
	// The running guesses of the account stay countable, so that an unlock leaves them.
	part := accountPart(id)
	for i, other := range r.overflowAccounts {
		if other == part {
			a.pairs[i], r.overflow.pairs[i] = r.overflow.pairs[i], pair{}
			a.inherit(&a.pairs[i].counter)
		}
	}
	for i := range r.running {
		if r.running[i].accountPart == part {
			a.inherit(&r.running[i].counter)
		}
	}
	return a
}

// unlock resets all counters of an account and ends its token.
func (r *row) unlock(id [16]byte) {
	if a, found := r.findAccount(id); found {
		a.reset()
		a.overflow.reset() // the running guesses of its pairs are in r.running
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
