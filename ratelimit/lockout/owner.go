package lockout

import "time"

const maxKnown = 8 // known addresses of one account

// An owner is what only a success, or the service itself, writes. It lies apart
// from the counters: whoever floods those with names cannot push out where the
// real owners have logged in from.
type owner struct {
	id         [16]byte
	token      [32]byte
	tokenUntil int64
	known      [maxKnown]knownPair
	forgot     int64 // as that of the account, for who was known
}

type knownPair struct {
	pair
	until int64
}

func (s *set) owner(id [16]byte) *owner {
	for _, o := range s.owners {
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
	return o.forgot
}

// known returns the known pair of an account, or nil. First it lets go of those
// that are known no longer, so that what they have failed is found in the account.
func (s *set) known(id [16]byte, pairID uint64, now int64, p *Policy) *knownPair {
	o := s.owner(id)
	if o == nil {
		return nil
	}
	for i := range o.known {
		if k := &o.known[i]; k.n > 0 && now >= k.until {
			s.lapse(id, k, now, p)
		}
	}
	return o.find(pairID, now)
}

// lapse makes a pair unknown. Its counter moves back to the account, or whoever
// can bring that about, by waiting or by seeing the owner log in from elsewhere,
// would have PerAddress guesses more.
func (s *set) lapse(id [16]byte, k *knownPair, now int64, p *Policy) {
	old := k.pair
	*k = knownPair{}
	if old.age(now, p.Window); old.n == 0 {
		return
	}
	a, _ := s.find(id)
	a.age(now, p.Window)
	a, c := s.claimPair(id, old.id, now, p)
	if c == &a.rest {
		c.merge(&old.counter)
		return
	}
	*c = old.counter // alone: while it was known, nothing was counted here
}

func (o *owner) find(pairID uint64, now int64) *knownPair {
	for i := range o.known {
		if k := &o.known[i]; k.id == pairID && now < k.until {
			return k
		}
	}
	return nil
}

// succeed forgets the failures of a pair, which c counts, alone if so said, and
// makes it known if it can be.
func (s *set) succeed(key Key, pairID uint64, now int64, c *counter, alone bool, p *Policy) {
	if alone {
		c.reset()
	}
	if key.NoAddress {
		return
	}
	o := s.own(key.Account, now, p.Window)
	if o == nil {
		return // no room: the address stays unknown
	}
	k := o.find(pairID, now)
	if k == nil {
		k = &o.known[0] // what has expired is the oldest of all
		for i := range min(p.MaxKnown, maxKnown) {
			if o.known[i].until < k.until {
				k = &o.known[i]
			}
		}
		moved := counter{since: now + 1}
		if alone {
			moved, *c = *c, counter{} // it lives on with the known address
		}
		s.lapse(key.Account, k, now, p)
		*k = knownPair{pair: pair{pairID, moved}}
	}
	k.until = now + int64(p.KnownFor)
}

// own is owner for somebody who is going to write. It takes the place of the
// account that has succeeded longest ago, but not of one with a token that is
// still good, or with failures at a known address, which are not to be forgotten
// because others log in. It returns nil if all are like that.
func (s *set) own(id [16]byte, now int64, window time.Duration) *owner {
	if o := s.owner(id); o != nil {
		return o
	}
	victim := -1
	for i, o := range s.owners {
		if o == nil {
			s.owners[i] = &owner{id: id}
			return s.owners[i]
		}
		if !o.held(now, window) && (victim < 0 || o.latest() < s.owners[victim].latest()) {
			victim = i
		}
	}
	if victim < 0 {
		return nil
	}
	o := s.owners[victim]
	*o = owner{id: id}
	return o
}

// latest is the later the later it last succeeded, and 0 if it knows nothing.
func (o *owner) latest() (until int64) {
	for i := range o.known {
		until = max(until, o.known[i].until)
	}
	return until
}

func (o *owner) held(now int64, window time.Duration) bool {
	for i := range o.known {
		k := &o.known[i]
		k.age(now, window)
		if k.n > 0 {
			return true
		}
	}
	return now < o.tokenUntil
}
