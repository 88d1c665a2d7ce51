package redisstore

import "time"

const (
	// With one call under way the server idles while we read its answer, so two
	// is the least. Where it is near it is also the most: more only make the
	// batches smaller.
	minLanes = 2

	// maxLanes is the most, and so how many connections a queue needs.
	maxLanes = 16

	// perLane is how much of a call has to be the way there and back for one more
	// of them to pay. Whoever finds no lane waits for a call to return, and the
	// further the server the longer that is.
	perLane = 300 * time.Microsecond

	// memory is how long a call says something about the way: one to two times
	// that.
	memory = time.Second
)

// A pace says how many calls of a queue may be under way at once: one for each
// perLane of the shortest call of the last seconds. The shortest, because a
// server that is slow under load must not get more calls for it; the mean would.
type pace struct {
	begun         time.Time
	last, current time.Duration // shortest of the period before and of this one, 0: none
}

func (p *pace) note(now time.Time, took time.Duration) {
	took = max(took, 1)
	if gone := now.Sub(p.begun); gone >= memory {
		p.last = p.current
		if gone >= 2*memory {
			p.last = 0
		}
		p.begun, p.current = now, 0
	}
	if p.current == 0 || took < p.current {
		p.current = took
	}
}

func (p *pace) lanes() int {
	shortest := p.current
	if p.last != 0 && (shortest == 0 || p.last < shortest) {
		shortest = p.last
	}
	return min(max(int(shortest/perLane), minLanes), maxLanes)
}
