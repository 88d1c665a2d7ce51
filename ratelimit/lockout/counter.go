package lockout

import "time"

// A counter of failures. It forgets all of them at once, when there was none for
// a whole window. So no interval as long as the window ever holds more than the
// limit: a counter that had forgotten in the midst of it would have seen no
// attempt for as long as the interval is. A log of times could forget one by
// one, for a word each, and would let in one guess at a time after a lockout.
type counter struct {
	n       uint16 // failures, and what is pending
	pending uint16 // reserved and not settled
	last    int64  // when n or pending last changed; 0 is never
	since   int64  // a reservation with an earlier stamp is not in n
}

// age forgets what is older than the window. A reservation nobody settled in all
// that time goes with it.
func (c *counter) expire(now int64, window time.Duration) {
	if c.n > 0 && now-c.last >= int64(window) {
		*c = counter{since: now}
	}
}

// wait is the time until the counter admits a guess, 0 if it does now.
func (c *counter) wait(now int64, limit int, p *Policy) (wait time.Duration, locked bool) {
	switch {
	case int(c.n) >= limit:
		return p.Window - time.Duration(now-c.last), true
	case c.n == 0:
		return 0, false
	}
	return max(0, p.Delay(int(c.n))-time.Duration(now-c.last)), false
}

// lockedFor is wait without the delay, which is not for the counter of a whole
// account: with one, a guess a minute would delay the owner whenever she comes.
func (c *counter) lockedFor(now int64, limit int, p *Policy) time.Duration {
	if int(c.n) >= limit {
		return p.Window - time.Duration(now-c.last)
	}
	return 0
}

func (c *counter) reserve(now int64) {
	c.n++
	c.pending++
	c.last = now
}

// fail settles a reservation as a failure and reports whether it still counted,
// and whether it is the one by which the limit is reached.
func (c *counter) fail(now, stamp int64, limit int) (counted, locks bool) {
	if c.n == 0 {
		return false, false
	}
	c.last = now
	if stamp < c.since || c.pending == 0 {
		return false, false // it has been a failure for long, or is one of the rest
	}
	c.pending--
	return true, int(c.n-c.pending) == limit
}

// refund gives a reservation back. The time stays: it is the later of two that
// were possible.
func (c *counter) refund(stamp int64) {
	if stamp >= c.since && c.pending > 0 {
		c.pending--
		c.n--
	}
}

// reset forgets all failures. What is pending may be one yet: without it, a
// guess that is under way while the owner succeeds would be free.
func (c *counter) reset() { c.n = c.pending }

// merge makes c an upper bound of itself and of other, which is about to be
// evicted: nobody who starts from c has more guesses than other had left.
func (c *counter) merge(other *counter) {
	c.n, c.last = max(c.n, other.n), max(c.last, other.last)
}

// from is the counter of somebody new where c is the bound of what was evicted.
// Stamps from before are none of its.
func (c *counter) startingCounter(now int64) counter {
	return counter{n: c.n, last: c.last, since: now + 1}
}
