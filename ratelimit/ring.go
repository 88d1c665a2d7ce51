package ratelimit

// A ring holds, for each admitted request that still counts, the time at which the
// request leaves the window, in ascending order. It is the part of a window that keeps
// times. The first hot word says which slots hold a time, and the second repeats the
// oldest time.
//
// No operation moves a time except takeBack. So a decision reads the hot words and
// writes one slot, however large the quota is.
type ring struct {
	hot   *hotWindow
	slots []uint64
}

const (
	ringSpan   = 0
	ringOldest = 1 // has no meaning if the ring is empty
)

func (w *window) ring(c cell) ring { return ring{w.hotPart(c), c.counters()[w.counters:][:w.quota]} }

// span returns the index of the slot with the oldest time, and the number of times.
func (r *ring) span() (first, live int) {
	return int(r.hot[ringSpan] >> 32), int(uint32(r.hot[ringSpan]))
}

// setSpan makes live slots from first on count.
func (r *ring) setSpan(first, live int) {
	r.hot[ringSpan], r.hot[ringOldest] = uint64(first)<<32|uint64(live), r.slots[first]
}

// wrap returns an index, which may be too large or too small by up to the size of the
// ring, as an index of a slot.
func (r *ring) wrap(i int) int {
	if i >= len(r.slots) {
		return i - len(r.slots)
	} else if i < 0 {
		return i + len(r.slots)
	}
	return i
}

func (r *ring) slot(i int) *uint64 { return &r.slots[r.wrap(i)] }

// at returns the time with i older times.
func (r *ring) at(i int) int64 {
	first, _ := r.span()
	return int64(*r.slot(first + i))
}

// advance drops the times that are not later than now.
func (r *ring) advance(now int64) {
	if first, live := r.span(); live > 0 && int64(r.hot[ringOldest]) <= now {
		for live > 0 && int64(*r.slot(first)) <= now {
			first, live = r.wrap(first+1), live-1
		}
		r.setSpan(first, live)
	}
}

// add adds n times, which are all the same and not earlier than any other. If there is no
// room it drops the oldest times.
func (r *ring) add(until, n int64) {
	first, live := r.span()
	for range n {
		if live == len(r.slots) {
			first = r.wrap(first + 1)
		} else {
			live++
		}
		*r.slot(first + live - 1) = uint64(until)
	}
	r.setSpan(first, live)
}

// takeBack drops up to n times that equal until.
func (r *ring) takeBack(until, n int64) {
	first, live := r.span()
	last := live - 1
	for last >= 0 && int64(*r.slot(first + last)) > until {
		last--
	}
	rest := last
	for rest >= 0 && int64(last-rest) < n && int64(*r.slot(first + rest)) == until {
		rest--
	}
	dropped := last - rest
	for ; rest >= 0; rest-- {
		*r.slot(first + rest + dropped) = *r.slot(first + rest)
	}
	r.setSpan(r.wrap(first+dropped), live-dropped)
}

// copyFrom makes r a copy of other.
func (r *ring) copyFrom(other *ring) {
	if _, live := other.span(); live == 0 {
		r.setSpan(0, 0)
		return
	}
	*r.hot = *other.hot
	copy(r.slots, other.slots)
}

// swapIn replaces the times of r by the times of other. In other it keeps the larger of
// the two, time by time, beginning with the newest.
func (r *ring) swapIn(other *ring) {
	first, live := r.span()
	otherFirst, otherLive := other.span()
	var mine [exactQuota]uint64
	for i := range live {
		mine[i] = *r.slot(first + i)
	}
	r.copyFrom(other)
	end := r.wrap(otherFirst + otherLive) // the index after the newest
	for k := 1; k <= live; k++ {
		theirs := other.slot(end - k)
		if k > otherLive {
			*theirs = 0
		}
		*theirs = max(*theirs, mine[live-k])
	}
	most := max(live, otherLive)
	other.setSpan(other.wrap(end-most), most)
}
