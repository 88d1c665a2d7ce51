package watch

import "math"

// This file has the arithmetic of one subject. It runs under the lock of a shard,
// so it calls no code outside the package, does not allocate, and has no loop
// longer than the first windows of a baseline.

// maxLate is the number of windows that a record may be behind its series.
const maxLate = 8

// counter is the series of one signal.
type counter struct {
	count      int64   // count in the running window
	mean       float64 // mean of the counts of past windows
	dev        float64 // mean absolute deviation from mean
	quietUntil int64   // number of the first window behind the event of this signal
}

// series holds the series of one subject, one for each signal.
type series struct {
	key    uint64
	window int64 // number of the running window
	since  int64 // number of the window in which an event last began
	closed int32 // windows in the baseline, up to the number after which more make no difference

	// reported has a bit for each signal whose event was reported by an alert.
	reported uint8

	c [signals]counter
}

// limit returns the count that raises an alert.
func (s *series) limit(r *rules, top *ceilings, sig Signal) float64 {
	l, c := &r.levels[sig], &s.c[sig]
	if int(s.closed) < r.warmUp {
		return float64(min(l.New, top[sig]))
	}
	usual := max(float64(l.Min), r.factor*c.mean, c.mean+r.deviations*c.dev)
	return min(usual, float64(top[sig]))
}

// advance closes the windows before w and makes w the running window.
func (s *series) advance(r *rules, top *ceilings, w int64) {
	switch {
	case w > s.window:
		s.close(r, top)
		s.closeEmpty(r, top, w-s.window-1)
	case w >= s.window-maxLate:
		return
	default: // the clock was set back
		for i := range s.c {
			c := &s.c[i]
			c.count, c.quietUntil = 0, min(c.quietUntil, w+r.cooldown)
		}
		s.since = min(s.since, w)
	}
	s.window = w
}

// weight returns the weight of the running window in the baseline. At first the
// baseline is the plain mean, in which all windows have the same weight. As soon
// as that weight is no larger than alpha, the baseline is the exponentially
// weighted mean.
func (s *series) weight(r *rules) float64 {
	if int(s.closed) < r.steady {
		return 1 / float64(s.closed+1)
	}
	return r.alpha
}

// close adds the running window to the baseline. A count above the limit counts
// as the limit, so that an attacker cannot move the baseline at will.
func (s *series) close(r *rules, top *ceilings) {
	weight := s.weight(r)
	for i := range s.c {
		c := &s.c[i]
		v := min(float64(c.count), s.limit(r, top, Signal(i)))
		c.dev += weight * (math.Abs(v-c.mean) - c.dev)
		c.mean += weight * (v - c.mean)
		c.count = 0
	}
	s.closed = int32(min(int(s.closed)+1, max(r.warmUp, r.steady)))
}

// closeEmpty adds n windows without a record to the baseline.
func (s *series) closeEmpty(r *rules, top *ceilings, n int64) {
	for ; n > 0 && int(s.closed) < r.steady; n-- {
		s.close(r, top)
	}
	if n == 0 {
		return
	}
	// This is the result of n calls of close with a count of 0. With q = 1-alpha
	// the mean becomes qⁿ mean. The deviation follows a mean that shrinks
	// meanwhile, and becomes qⁿ dev + n alpha qⁿ⁻¹ mean.
	q := 1 - r.alpha
	last := math.Pow(q, float64(n-1))
	for i := range s.c {
		c := &s.c[i]
		c.dev = q*last*c.dev + float64(n)*r.alpha*last*c.mean
		c.mean *= q * last
	}
	s.closed = int32(min(int64(s.closed)+n, int64(max(r.warmUp, r.steady))))
}

// outcome is the effect of a record on one series.
type outcome struct {
	signal  Signal
	count   int64
	inEvent bool // an event of the signal was in progress before the record
	begins  bool // an event begins, of which the subject itself has no part yet
	ceiling bool // the count is at a ceiling, and no alert has reported that
	max     bool // the ceiling is Level.Max

	fresh    bool // the series has no baseline yet
	limit    int64
	baseline float64
}

// add adds amount to the count of a signal.
//
// A count that reaches the limit begins an event, which ends when it has stayed
// below the limit for a cooldown. The event raises no alert of its own if another
// event of the same subject explains it: requests and bytes rise together, and a
// flood of one kind of refusal is a flood of requests as well. A ceiling is always
// reported.
func (s *series) add(r *rules, top *ceilings, sig Signal, amount int64) outcome {
	c := &s.c[sig]
	if c.count > math.MaxInt64-amount {
		c.count = math.MaxInt64
	} else {
		c.count += amount
	}
	o := outcome{signal: sig, count: c.count, inEvent: s.inEvent(sig), limit: ceilCount(s.limit(r, top, sig))}
	if c.count < o.limit {
		return o
	}
	o.fresh, o.baseline = int(s.closed) < r.warmUp, c.mean
	bit := uint8(1) << sig
	if s.window >= c.quietUntil {
		o.begins = !s.explains(sig)
		s.since, s.reported = s.window, s.reported&^bit
		c.quietUntil = s.window + r.cooldown
	} else if s.window-s.since < r.longest {
		c.quietUntil = max(c.quietUntil, s.window+r.cooldown)
	}
	if c.count >= top[sig] && s.reported&bit == 0 {
		s.reported |= bit
		o.begins, o.ceiling, o.max = true, true, c.count >= r.any[sig]
	}
	return o
}

// inEvent reports whether an event of the signal is in progress. Requests and
// bytes have their events together.
func (s *series) inEvent(sig Signal) bool {
	if sig == Requests || sig == Bytes {
		return s.window < max(s.c[Requests].quietUntil, s.c[Bytes].quietUntil)
	}
	return s.window < s.c[sig].quietUntil
}

// explains reports whether another signal of the subject is in an event that
// explains one of this signal.
func (s *series) explains(sig Signal) bool {
	if sig != Requests && sig != Bytes {
		return false
	}
	if s.inEvent(sig) {
		return true
	}
	for other := Unauthorized; other <= ServerErrors && sig == Requests; other++ {
		if c := &s.c[other]; s.window < c.quietUntil && c.count >= s.c[Requests].count-c.count {
			return true
		}
	}
	return false
}

// ceilCount returns the least count that reaches the limit.
func ceilCount(limit float64) int64 {
	if limit >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Ceil(limit))
}
