package lockout

import "time"

const maxKnown = 8 // known addresses of one account

// An owner holds the data that only a success, or the service itself, can write. It is
// separate from the counters, so a flood of names cannot displace the known addresses
// of real owners.
type owner struct {
	id          [16]byte
	token       [32]byte
	tokenUntil  int64
	known       [maxKnown]knownPair
	forgottenAt int64 // as in account, for logins from known addresses
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

// findKnown returns the known pair of an account, or nil. First it makes all expired
// pairs unknown, so that their failures are found in the account.
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

// makeUnknown makes a pair unknown, and moves its counter back to the account.
// Otherwise an attacker would have PerAddress guesses more, by waiting or by seeing the
// owner log in from elsewhere.
func (r *row) makeUnknown(id [16]byte, k *knownPair, now int64, p *Policy) {
	old := k.pair
	*k = knownPair{}
	if old.expire(now, p.Window); old.n == 0 {
		return
	}
	a, _ := r.findAccount(id)
	a.expire(now, p.Window)
	a = r.claimSlot(id, now, p)
	if c := r.claimCounter(a, id, old.id, now, p); c != nil {
		*c = old.counter // c has counted nothing while the pair was known
		return
	}
	r.retire(accountPart(id), &old, &a.overflow)
}

func (o *owner) findPair(pairID uint64, now int64) *knownPair {
	for i := range o.known {
		if k := &o.known[i]; k.id == pairID && now < k.until {
			return k
		}
	}
	return nil
}

// recordSuccess forgets the failures of a pair, and makes the pair known if it can. c
// counts the pair; nil if the pair has no counter.
func (r *row) recordSuccess(key Key, pairID uint64, now int64, c *counter, p *Policy) {
	if c != nil {
		c.reset()
	}
	if key.NoAddress {
		return
	}
	o := r.claimOwner(key.Account, now, p.Window)
	if o == nil {
		return // no room, so the address stays unknown
	}
	k := o.findPair(pairID, now)
	if k == nil {
		k = &o.known[0] // an expired pair is the oldest
		for i := range min(p.MaxKnown, maxKnown) {
			if o.known[i].until < k.until {
				k = &o.known[i]
			}
		}
		var moved counter // to the known address
		if c != nil {
			moved, *c = *c, counter{}
		} else {
			moved = r.takeRunning(accountPart(key.Account), pairID, now)
		}
		r.makeUnknown(key.Account, k, now, p)
		*k = knownPair{pair: pair{pairID, moved}}
	}
	k.until = now + int64(p.KnownFor)
}

// claimOwner returns the owner of an account for writing. A new owner takes the place
// of the owner whose last success is the oldest. But an owner with a valid token, or
// with failures at a known address, keeps its place, because logins of others must not
// make these forgotten. claimOwner returns nil if all owners keep their places.
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

// knownUntil grows with the time of the last success. It is 0 if no address is known.
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
