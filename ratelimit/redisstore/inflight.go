package redisstore

import "time"

const (
	// minInflight is the smallest limit. With only one call under way, the server would
	// idle while the client reads its reply. Near a server the limit stays at two: more
	// calls would only make the batches smaller.
	minInflight = 2

	// maxInflight is the largest limit, and so the number of connections that a queue
	// needs.
	maxInflight = 16

	// tripPerCall divides the duration of the shortest call. The quotient is the
	// limit, between minInflight and maxInflight. A caller that may not begin a call
	// waits until one returns, and the further away the server is, the longer that
	// takes.
	tripPerCall = 300 * time.Microsecond

	// tripPeriod is the length of a period. A call counts as evidence of the distance
	// until the next period ends, so for one to two periods.
	tripPeriod = time.Second
)

// An inflightLimit says how many calls of a queue may be under way at once: one for
// each tripPerCall of the shortest call of the last seconds. It uses the shortest call
// and not the mean, because the mean grows when a server is slow under load, and such a
// server must not get more calls for it.
type inflightLimit struct {
	periodStart       time.Time
	previous, current time.Duration // shortest call of the previous period and of this one, 0: none
}

// record notes that a call took the time took.
func (l *inflightLimit) record(now time.Time, took time.Duration) {
	took = max(took, 1)
	if elapsed := now.Sub(l.periodStart); elapsed >= tripPeriod {
		l.previous = l.current
		if elapsed >= 2*tripPeriod {
			l.previous = 0
		}
		l.periodStart, l.current = now, 0
	}
	if l.current == 0 || took < l.current {
		l.current = took
	}
}

// limit returns the number of calls that may be under way.
func (l *inflightLimit) limit() int {
	shortest := l.current
	if l.previous != 0 && (shortest == 0 || l.previous < shortest) {
		shortest = l.previous
	}
	return min(max(int(shortest/tripPerCall), minInflight), maxInflight)
}
