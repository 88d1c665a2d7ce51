package redisstore

import "time"

const (
	// With one call under way the server idles while the client reads its reply, so the
	// least is two. Near a server two is also the most: more calls only make the
	// batches smaller.
	minInflight = 2

	// maxInflight is the largest limit, and so the number of connections that a queue
	// needs.
	maxInflight = 16

	// tripPerCall is the travel time in the shortest call that justifies one more call
	// under way. A caller that may not begin a call waits until one returns, and the
	// further away the server is, the longer that takes.
	tripPerCall = 300 * time.Microsecond

	// tripMemory is how long a call counts as evidence of the distance: one to two
	// times that long.
	tripMemory = time.Second
)

// An inflightLimit says how many calls of a queue may be under way at once: one for
// each tripPerCall of the shortest call of the last seconds. It uses the shortest call
// and not the mean, because the mean grows when a server is slow under load, and such a
// server must not get more calls for it.
type inflightLimit struct {
	periodStart   time.Time
	last, current time.Duration // shortest call of the previous period and of this one, 0: none
}

// record notes that a call has taken took.
func (l *inflightLimit) record(now time.Time, took time.Duration) {
	took = max(took, 1)
	if elapsed := now.Sub(l.periodStart); elapsed >= tripMemory {
		l.last = l.current
		if elapsed >= 2*tripMemory {
			l.last = 0
		}
		l.periodStart, l.current = now, 0
	}
	if l.current == 0 || took < l.current {
		l.current = took
	}
}

func (l *inflightLimit) limit() int {
	shortest := l.current
	if l.last != 0 && (shortest == 0 || l.last < shortest) {
		shortest = l.last
	}
	return min(max(int(shortest/tripPerCall), minInflight), maxInflight)
}
