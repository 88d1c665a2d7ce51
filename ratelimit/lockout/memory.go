package lockout

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"math/bits"
	"time"
)

// memory is a Store for this process alone. It allocates the counters once, and the
// record with the known addresses of an account when it is first needed.
type memory struct {
	start  time.Time
	window time.Duration
	rows   []row
}

var errNoRoom = errors.New("lockout: no room for another unlock token; raise Config.MaxAccounts")

func newMemory(maxAccounts int, window time.Duration) *memory {
	return &memory{start: time.Now(), window: window, rows: make([]row, (maxAccounts*2+ways-1)/ways)}
}

// lockRow locks the row of an account and reads the clock after that, so that time does
// not run back for a goroutine that waited for the lock.
func (m *memory) lockRow(account [16]byte) (r *row, now int64) {
	i, _ := bits.Mul64(binary.BigEndian.Uint64(account[:]), uint64(len(m.rows)))
	r = &m.rows[i]
	r.mu.Lock()
	r.latest = max(r.latest, int64(time.Since(m.start))+1)
	r.expireRunning(r.latest, m.window)
	return r, r.latest
}

func (m *memory) Begin(_ context.Context, key Key, p Policy) (State, error) {
	r, now := m.lockRow(key.Account)
	defer r.mu.Unlock()
	pairID := binary.BigEndian.Uint64(key.Pair[:])
	if k := r.findKnown(key.Account, pairID, now, &p); k != nil {
		k.expire(now, p.Window)
		wait, locked := k.wait(now, p.PerAddress, &p)
		st := State{Allowed: wait <= 0, Known: true, Locked: locked, Failures: int(k.n), Wait: wait}
		if st.Allowed {
			k.reserve(now)
			st.Stamp = max(now, k.since)
		}
		return st, nil
	}

	a, _ := r.findAccount(key.Account)
	a.expire(now, p.Window)
	count := r.countOf(a, key.Account, pairID)
	wait, locked := count.wait(now, p.PerAddress, &p)
	if all := a.lockedFor(now, p.PerAccount, &p); all > 0 {
		wait, locked = max(wait, all), true
	}
	st := State{Allowed: wait <= 0, Locked: locked, Failures: int(a.n), Wait: wait}
	if !st.Allowed {
		return st, nil
	}
	a, c := r.claimPair(key.Account, pairID, now, &p)
	a.reserve(now)
	c.reserve(now)
	st.Stamp = max(now, a.since, c.since)
	r.overflow.pending = 0 // it cannot tell the accounts of its reservations apart
	return st, nil
}

func (m *memory) Settle(_ context.Context, key Key, begun State, outcome Outcome, p Policy) (State, error) {
	r, now := m.lockRow(key.Account)
	defer r.mu.Unlock()
	pairID := binary.BigEndian.Uint64(key.Pair[:])
	k := r.findKnown(key.Account, pairID, now, &p) // comes first, because it may move a counter
	a, _ := r.findAccount(key.Account)
	a.expire(now, p.Window)
	c := a.findPair(pairID)
	if k != nil {
		k.expire(now, p.Window)
		c = &k.counter // also if the address became known after Begin: the counter has moved
	}
	switch outcome {
	case Succeeded, Cancelled:
		var counted bool
		if c != nil {
			counted = c.refund(begun.Stamp)
		} else {
			counted = r.settleRunning(accountPart(key.Account), pairID, begun.Stamp)
		}
		switch {
		case begun.Known:
		case counted: // the account counts no guess that the pair does not count
			a.refund(begun.Stamp)
		default:
			a.lapse(now, begun.Stamp, p.Window)
		}
		if outcome == Succeeded {
			o := r.findOwner(key.Account)
			if begun.Stamp < a.forgottenAt || o != nil && begun.Stamp < o.forgottenAt {
				key.NoAddress = true // the login used the old password, so its address must not become known
			}
			r.recordSuccess(key, pairID, now, c, &p)
		}
		return State{}, nil
	}
	var counted, locked bool
	if c != nil {
		counted, locked = c.fail(now, begun.Stamp, p.PerAddress)
	} else {
		counted, locked = r.failRunning(a, key.Account, pairID, now, begun.Stamp, &p)
	}
	count := r.countOf(a, key.Account, pairID)
	if c != nil {
		count = *c
	}
	st := State{Known: begun.Known, Locked: locked, Failures: int(count.n - count.pending)}
	st.Wait, _ = count.wait(now, p.PerAddress, &p)
	if !begun.Known {
		stamp := begun.Stamp
		if !counted {
			a.lapse(now, stamp, p.Window)
			stamp = noStamp
		}
		counted, locked = a.fail(now, stamp, p.PerAccount)
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
	r, _ := m.lockRow(account)
	defer r.mu.Unlock()
	r.unlock(account)
	return nil
}

func (m *memory) Issue(_ context.Context, account [16]byte, token [32]byte, ttl time.Duration) error {
	r, now := m.lockRow(account)
	defer r.mu.Unlock()
	o := r.claimOwner(account, now, m.window)
	if o == nil {
		return errNoRoom
	}
	o.token, o.tokenUntil = token, now+int64(ttl)
	return nil
}

func (m *memory) Redeem(_ context.Context, key Key, token [32]byte, p Policy) (bool, error) {
	r, now := m.lockRow(key.Account)
	defer r.mu.Unlock()
	o := r.findOwner(key.Account)
	if o == nil || now >= o.tokenUntil || subtle.ConstantTimeCompare(o.token[:], token[:]) != 1 {
		return false, nil
	}
	pairID := binary.BigEndian.Uint64(key.Pair[:])
	k := r.findKnown(key.Account, pairID, now, &p)
	r.unlock(key.Account)
	a, _ := r.findAccount(key.Account)
	a.expire(now, p.Window)
	c := a.findPair(pairID)
	if k != nil {
		c = &k.counter
	}
	r.recordSuccess(key, pairID, now, c, &p)
	return true, nil
}

func (m *memory) Forget(_ context.Context, account [16]byte) error {
	r, now := m.lockRow(account)
	defer r.mu.Unlock()
	if a, found := r.findAccount(account); found {
		a.forgottenAt = now
	}
	if o := r.findOwner(account); o != nil {
		o.forgottenAt = now
		for i := range o.known {
			o.known[i].until = 0
		}
	}
	return nil
}
