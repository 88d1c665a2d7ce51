package lockout

import "time"

// A counter counts failures. It forgets all of them at once, when there was no failure
// for a whole window. So no interval as long as the window ever holds more failures
// than the limit: to forget within the interval, the counter would need a pause as long
// as the interval. A log of times could forget failures one by one, at a word each, but
// would admit one guess at a time after a lockout.
type counter struct {
	n       uint16 // failures and pending reservations
	pending uint16 // reservations without an outcome yet; of an overflow, the highest that retire could not keep apart
	last    int64  // the time of the last change of n or pending; 0 is never
	since   int64  // n does not include reservations with an earlier stamp
}

// expire forgets failures that are older than the window, together with reservations
// that had no outcome in all that time.
func (c *counter) expire(now int64, window time.Duration) {
	if c.n > 0 && now-c.last >= int64(window) {
		*c = counter{since: now}
	}
}

// wait returns the time until the counter admits a guess, or 0 if it admits one now.
func (c *counter) wait(now int64, limit int, p *Policy) (wait time.Duration, locked bool) {
	switch {
	case int(c.n) >= limit:
		return p.Window - time.Duration(now-c.last), true
	case c.n == 0:
		return 0, false
	}
	return max(0, p.Delay(int(c.n))-time.Duration(now-c.last)), false
}

// lockedFor is wait without the delay. The counter of a whole account has no delay:
// with one, a guess a minute from elsewhere would delay every login of the owner.
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

// noStamp is the stamp of no reservation.
const noStamp = -1

// fail ends a reservation as a failure. It reports whether the reservation still
// counted, and whether this failure reached the limit. A failure that does not count
// still begins the window of c anew.
func (c *counter) fail(now, stamp int64, limit int) (counted, locks bool) {
	if c.n == 0 {
		return false, false
	}
	c.last = now
	if stamp < c.since || c.pending == 0 {
		return false, false // it counts as a failure already, or never did
	}
	c.pending--
	return true, int(c.n-c.pending) == limit
}

// refund gives a reservation back, and reports whether it still counted. last stays as
// it is: it may be later than the last failure, so a wait is never too short.
func (c *counter) refund(stamp int64) bool {
	if stamp < c.since || c.pending == 0 {
		return false
	}
	c.pending--
	c.n--
	return true
}

// lapse makes a reservation a failure that has outlived the counter of its pair. No
// outcome gives it back.
func (c *counter) lapse(now, stamp int64, window time.Duration) {
	if now-stamp >= int64(window) && stamp >= c.since && c.pending > 0 {
		c.pending--
	}
}

// reset forgets all failures. Pending reservations stay, because they may still fail:
// without them, a guess that runs while the owner logs in would be free.
func (c *counter) reset() { c.n = c.pending }

// merge makes c an upper bound of c and other, which is about to be evicted. So a
// counter that starts from c never has more guesses than other had left.
func (c *counter) merge(other *counter) {
	c.n, c.last = max(c.n, other.n), max(c.last, other.last)
}

// adopt adds the pending reservations of another counter of the same pair or account.
func (c *counter) adopt(other *counter) {
	if other.pending == 0 {
		return
	}
	c.n, c.pending = c.n+other.pending, c.pending+other.pending
	c.last, c.since = max(c.last, other.last), min(c.since, other.since)
}

// startingCounter returns the counter of a new pair or account. c is the bound of the
// evicted counters, so the new counter starts with the same count. Earlier stamps do
// not belong to it.
func (c *counter) startingCounter(now int64) counter {
	return counter{n: c.n, last: c.last, since: now + 1}
}
