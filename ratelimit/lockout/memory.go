package lockout

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"math/bits"
	"time"
)

// memory is a Store of this process alone. The counters are allocated once; the
// record of an account's known addresses when it is first needed.
type memory struct {
	start  time.Time
	window time.Duration
	sets   []set
}

var errNoRoom = errors.New("lockout: no room for another unlock token; raise Config.MaxAccounts")

func newMemory(maxAccounts int, window time.Duration) *memory {
	return &memory{start: time.Now(), window: window, sets: make([]set, (maxAccounts*2+ways-1)/ways)}
}

// lock locks the set of an account and reads the clock. Time does not run back
// for who waited for the lock.
func (m *memory) lock(account [16]byte) (s *set, now int64) {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(account[:]), uint64(len(m.sets)))
	s = &m.sets[i]
	s.mu.Lock()
	s.latest = max(s.latest, int64(time.Since(m.start))+1)
	return s, s.latest
}

func (m *memory) Begin(_ context.Context, key Key, p Policy) (State, error) {
	s, now := m.lock(key.Account)
	defer s.mu.Unlock()
	pairID := binary.BigEndian.Uint64(key.Pair[:])
	if k := s.known(key.Account, pairID, now, &p); k != nil {
		k.age(now, p.Window)
		wait, locked := k.wait(now, p.PerAddress, &p)
		st := State{Allowed: wait <= 0, Known: true, Locked: locked, Failures: int(k.n), Wait: wait}
		if st.Allowed {
			k.reserve(now)
			st.Stamp = max(now, k.since)
		}
		return st, nil
	}

	a, _ := s.find(key.Account)
	a.age(now, p.Window)
	c, _ := a.find(pairID)
	wait, locked := c.wait(now, p.PerAddress, &p)
	if all := a.lockedFor(now, p.PerAccount, &p); all > 0 {
		wait, locked = max(wait, all), true
	}
	st := State{Allowed: wait <= 0, Locked: locked, Failures: int(a.n), Wait: wait}
	if !st.Allowed {
		return st, nil
	}
	a, c = s.claimPair(key.Account, pairID, now, &p)
	a.reserve(now)
	c.reserve(now)
	st.Stamp = max(now, a.since, c.since)
	s.rest.pending, a.rest.pending = 0, 0 // who took of what is shared cannot be told
	return st, nil
}

func (m *memory) Settle(_ context.Context, key Key, begun State, outcome Outcome, p Policy) (State, error) {
	s, now := m.lock(key.Account)
	defer s.mu.Unlock()
	pairID := binary.BigEndian.Uint64(key.Pair[:])
	k := s.known(key.Account, pairID, now, &p) // first, for it may move a counter
	a, _ := s.find(key.Account)
	a.age(now, p.Window)
	c, kept := a.find(pairID)
	if k != nil {
		k.age(now, p.Window)
		c = &k.counter // also if it was not known at Begin: the counter moved with it
	}
	switch outcome {
	case Succeeded, Cancelled:
		c.refund(begun.Stamp)
		if !begun.Known {
			a.refund(begun.Stamp)
		}
		if outcome == Succeeded {
			if begun.Stamp < a.forgot || begun.Stamp < s.owner(key.Account).forgotten() {
				key.NoAddress = true // and so never known: the password was the old one
			}
			s.succeed(key, pairID, now, c, k != nil || kept, &p)
		}
		return State{}, nil
	}
	counted, locked := c.fail(now, begun.Stamp, p.PerAddress)
	st := State{Known: begun.Known, Locked: locked, Failures: int(c.n - c.pending)}
	st.Wait, _ = c.wait(now, p.PerAddress, &p)
	if !begun.Known {
		counted, locked = a.fail(now, begun.Stamp, p.PerAccount)
		st.Locked, st.Failures = st.Locked || locked, int(a.n-a.pending)
	}
	if !counted {
		st.Failures = 0
	}
	if k == nil {
		st.Wait = max(st.Wait, a.lockedFor(now, p.PerAccount, &p))
	}
	return st, nil
}

func (m *memory) Unlock(_ context.Context, account [16]byte) error {
	s, _ := m.lock(account)
	defer s.mu.Unlock()
	s.unlock(account)
	return nil
}

func (m *memory) Issue(_ context.Context, account [16]byte, token [32]byte, ttl time.Duration) error {
	s, now := m.lock(account)
	defer s.mu.Unlock()
	o := s.own(account, now, m.window)
	if o == nil {
		return errNoRoom
	}
	o.token, o.tokenUntil = token, now+int64(ttl)
	return nil
}

func (m *memory) Redeem(_ context.Context, key Key, token [32]byte, p Policy) (bool, error) {
	s, now := m.lock(key.Account)
	defer s.mu.Unlock()
	o := s.owner(key.Account)
	if o == nil || now >= o.tokenUntil || subtle.ConstantTimeCompare(o.token[:], token[:]) != 1 {
		return false, nil
	}
	pairID := binary.BigEndian.Uint64(key.Pair[:])
	k := s.known(key.Account, pairID, now, &p)
	s.unlock(key.Account)
	a, _ := s.find(key.Account)
	a.age(now, p.Window)
	c, alone := a.find(pairID)
	if k != nil {
		c, alone = &k.counter, true
	}
	s.succeed(key, pairID, now, c, alone, &p)
	return true, nil
}

func (m *memory) Forget(_ context.Context, account [16]byte) error {
	s, now := m.lock(account)
	defer s.mu.Unlock()
	if a, found := s.find(account); found {
		a.forgot = now
	}
	if o := s.owner(account); o != nil {
		o.forgot = now
		for i := range o.known {
			o.known[i].until = 0
		}
	}
	return nil
}
