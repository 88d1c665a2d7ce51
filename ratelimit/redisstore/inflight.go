package redisstore

import "time"

const (
	// With one call under way the server idles while the client reads its reply, so
	// two is the least. Near a server it is also the most: more calls only make the
	// batches smaller.
	minInflight = 2

	// maxInflight is the most, and so how many connections a queue needs.
	maxInflight = 16

	// tripPerCall is how much of the shortest call has to be travel for one more call
	// under way to pay. A caller for whom no call may begin waits until one returns,
	// and the further the server the longer that is.
	tripPerCall = 300 * time.Microsecond

	// tripMemory is how long a call says something about the distance: one to two
	// times that.
	tripMemory = time.Second
)

// An inflightLimit says how many calls of a queue may be under way at once: one for
// each tripPerCall of the shortest call of the last seconds. The shortest, because a
// server that is slow under load must not get more calls for it; the mean would.
type inflightLimit struct {
	begun         time.Time
	last, current time.Duration // shortest of the period before and of this one, 0: none
}

// note tells it that a call has taken took.
func (l *inflightLimit) note(now time.Time, took time.Duration) {
	took = max(took, 1)
	if gone := now.Sub(l.begun); gone >= tripMemory {
		l.last = l.current
		if gone >= 2*tripMemory {
			l.last = 0
		}
		l.begun, l.current = now, 0
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
