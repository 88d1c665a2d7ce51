package lockout

import (
	"encoding/binary"
	"time"
)

// A runningPair counts the running guesses of a pair that has no counter of its own. Its
// n always equals its pending. The overflow counts only the failures of such pairs. If
// the overflow counted running guesses too, the store could not know, after an outcome,
// an unlock or a login, which guesses are still running.
type runningPair struct {
	accountPart uint64
	pair
}

// maxRunning is the number of runningPairs of one row. Beyond this number the overflow
// counts running guesses as failures, and an unlock does not remove them.
const maxRunning = 256

// accountPart is a part of the ID of an account, enough to tell apart the accounts of a
// row.
func accountPart(id [16]byte) uint64 { return binary.BigEndian.Uint64(id[:]) }

// expireRunning forgets the guesses that began a window ago.
func (r *row) expireRunning(now int64, window time.Duration) {
	for i := len(r.running) - 1; i >= 0; i-- {
		if r.running[i].expire(now, window); r.running[i].n == 0 {
			r.dropRunning(i)
		}
	}
}

func (r *row) dropRunning(i int) {
	last := len(r.running) - 1
	r.running[i] = r.running[last]
	if r.running = r.running[:last]; last == 0 {
		r.running = nil
	}
}

// indexRunning returns the index of the running guesses of a pair, or -1.
func (r *row) indexRunning(accountPart, pairID uint64) int {
	for i := range r.running {
		if p := &r.running[i]; p.accountPart == accountPart && p.id == pairID {
			return i
		}
	}
	return -1
}

// addRunning adds c, a counter of running guesses, to the counter of the pair, and returns
// the latter, or nil if there is no room.
func (r *row) addRunning(accountPart, pairID uint64, c counter) *counter {
	i := r.indexRunning(accountPart, pairID)
	if i < 0 {
		if len(r.running) == maxRunning {
			return nil
		}
		r.running = append(r.running, runningPair{accountPart, pair{pairID, c}})
		return &r.running[len(r.running)-1].counter
	}
	r.running[i].adopt(&c)
	return &r.running[i].counter
}

// takeRunning removes and returns the running guesses of a pair that gets a counter of its
// own. Without running guesses, no earlier stamp belongs to the counter that it returns.
func (r *row) takeRunning(accountPart, pairID uint64, now int64) counter {
	i := r.indexRunning(accountPart, pairID)
	if i < 0 {
		return counter{since: now + 1}
	}
	c := r.running[i].counter
	r.dropRunning(i)
	return c
}

// settleRunning ends a running guess and reports whether there was one.
func (r *row) settleRunning(accountPart, pairID uint64, stamp int64) bool {
	i := r.indexRunning(accountPart, pairID)
	if i < 0 || !r.running[i].refund(stamp) {
		return false
	}
	if r.running[i].n == 0 {
		r.dropRunning(i)
	}
	return true
}

// failRunning makes a running guess a failure, which the overflow of its account
// counts. counted reports whether the guess still ran, and locks whether the overflow
// is now at its limit.
func (r *row) failRunning(a *account, id [16]byte, pairID uint64, now, stamp int64, p *Policy) (counted, locks bool) {
	if !r.settleRunning(accountPart(id), pairID, stamp) {
		if a.overflow.n > 0 {
			a.overflow.last = now
		}
		return false, false
	}
	a.overflow.n++
	a.overflow.last = now
	return true, int(a.overflow.n) == p.PerAddress
}

// retire merges the failures of a pair that loses its counter into overflow, and keeps
// the running guesses of the pair.
func (r *row) retire(accountPart uint64, p *pair, overflow *counter) {
	failures := p.counter
	if p.pending > 0 {
		running := counter{n: p.pending, pending: p.pending, last: p.last, since: p.since}
		if r.addRunning(accountPart, p.id, running) != nil {
			failures.n -= p.pending
		} else {
			overflow.pending = max(overflow.pending, p.pending)
		}
	}
	if failures.n > 0 {
		overflow.merge(&failures)
	}
}
