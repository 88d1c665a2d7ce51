package lockout

import "time"

const maxKnown = 8 // known addresses of one account

// An owner is what only a success, or the service itself, writes. It lies apart
// from the counters: whoever floods those with names cannot push out where the
// real owners have logged in from.
type owner struct {
	id          [16]byte
	token       [32]byte
	tokenUntil  int64
	known       [maxKnown]knownPair
	forgottenAt int64 // as that of the account, for who was known
}

type knownPair struct {
	pair
	until int64
}

func (r *row) findOwner(id [16]byte) *owner {
	for _, o := range r.owners {
		if o != nil && o.id == id {
			return o
		}
	}
	return nil
}

func (o *owner) forgotten() int64 {
	if o == nil {
		return 0
	}
	return o.forgottenAt
}

// known returns the known pair of an account, or nil. First it lets go of those
// that are known no longer, so that what they have failed is found in the account.
func (r *row) findKnown(id [16]byte, pairID uint64, now int64, p *Policy) *knownPair {
	o := r.findOwner(id)
	if o == nil {
		return nil
	}
	for i := range o.known {
		if k := &o.known[i]; k.n > 0 && now >= k.until {
			r.makeUnknown(id, k, now, p)
		}
	}
	return o.findPair(pairID, now)
}

// lapse makes a pair unknown. Its counter moves back to the account, or whoever
// can bring that about, by waiting or by seeing the owner log in from elsewhere,
// would have PerAddress guesses more.
func (r *row) makeUnknown(id [16]byte, k *knownPair, now int64, p *Policy) {
	old := k.pair
	*k = knownPair{}
	if old.expire(now, p.Window); old.n == 0 {
		return
	}
	a, _ := r.findAccount(id)
	a.expire(now, p.Window)
	a, c := r.claimPair(id, old.id, now, p)
	if c == &a.overflow {
		c.merge(&old.counter)
		return
	}
	*c = old.counter // alone: while it was known, nothing was counted here
}

func (o *owner) findPair(pairID uint64, now int64) *knownPair {
	for i := range o.known {
		if k := &o.known[i]; k.id == pairID && now < k.until {
			return k
		}
	}
	return nil
}

// succeed forgets the failures of a pair, which c counts, alone if so said, and
// makes it known if it can be.
func (r *row) recordSuccess(key Key, pairID uint64, now int64, c *counter, exclusive bool, p *Policy) {
	if exclusive {
		c.reset()
	}
	if key.NoAddress {
		return
	}
	o := r.claimOwner(key.Account, now, p.Window)
	if o == nil {
		return // no room: the address stays unknown
	}
	k := o.findPair(pairID, now)
	if k == nil {
		k = &o.known[0] // what has expired is the oldest of all
		for i := range min(p.MaxKnown, maxKnown) {
			if o.known[i].until < k.until {
				k = &o.known[i]
			}
		}
		moved := counter{since: now + 1}
		if exclusive {
			moved, *c = *c, counter{} // it lives on with the known address
		}
		r.makeUnknown(key.Account, k, now, p)
		*k = knownPair{pair: pair{pairID, moved}}
	}
	k.until = now + int64(p.KnownFor)
}

// own is owner for somebody who is going to write. It takes the place of the
// account that has succeeded longest ago, but not of one with a token that is
// still good, or with failures at a known address, which are not to be forgotten
// because others log in. It returns nil if all are like that.
func (r *row) claimOwner(id [16]byte, now int64, window time.Duration) *owner {
	if o := r.findOwner(id); o != nil {
		return o
	}
	victim := -1
	for i, o := range r.owners {
		if o == nil {
			r.owners[i] = &owner{id: id}
			return r.owners[i]
		}
		if !o.mustKeep(now, window) && (victim < 0 || o.knownUntil() < r.owners[victim].knownUntil()) {
			victim = i
		}
	}
	if victim < 0 {
		return nil
	}
	o := r.owners[victim]
	*o = owner{id: id}
	return o
}

// latest is the later the later it last succeeded, and 0 if it knows nothing.
func (o *owner) knownUntil() (until int64) {
	for i := range o.known {
		until = max(until, o.known[i].until)
	}
	return until
}

func (o *owner) mustKeep(now int64, window time.Duration) bool {
	for i := range o.known {
		k := &o.known[i]
		k.expire(now, window)
		if k.n > 0 {
			return true
		}
	}
	return now < o.tokenUntil
}
