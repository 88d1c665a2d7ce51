package watch

import "math"

// This file is the arithmetic of one subject. It runs under the lock of a
// shard: no call out of the package, no allocation, no loop longer than the
// start of a baseline.

// late is by how many windows a record may be behind its series.
const late = 8

// counter is one series.
type counter struct {
	count int64   // in the running window
	mean  float64 // of the counts of past windows
	dev   float64 // mean absolute deviation from it
	quiet int64   // no alert in windows before this one
}

// series is the series of one subject, one per signal.
type series struct {
	key    uint64
	window int64 // number of the running window
	seen   int   // windows in the baseline, as far as that matters
	c      [signals]counter
}

// limit is the count that raises an alert.
func (s *series) limit(r *rules, sig Signal) float64 {
	l, c := &r.levels[sig], &s.c[sig]
	if s.seen < r.warm {
		return float64(min(l.New, l.Max))
	}
	usual := max(float64(l.Min), r.factor*c.mean, c.mean+r.devs*c.dev)
	return min(usual, float64(l.Max))
}

// advance closes the windows before w.
func (s *series) advance(r *rules, w int64) {
	switch {
	case w > s.window:
		s.close(r)
		s.silence(r, w-s.window-1)
	case w >= s.window-late:
		return
	default: // the clock was set back
		for i := range s.c {
			c := &s.c[i]
			c.count, c.quiet = 0, min(c.quiet, w+r.cooldown)
		}
	}
	s.window = w
}

// weight of the next window: the plain mean at first, in which no window counts
// more than another, and the exponential one from where that moves no slower.
func (s *series) weight(r *rules) float64 {
	if s.seen < r.steady {
		return 1 / float64(s.seen+1)
	}
	return r.alpha
}

// close puts the running window into the baseline. A count above the limit
// counts as the limit: the one who breaks it must not move it at will.
func (s *series) close(r *rules) {
	weight := s.weight(r)
	for i := range s.c {
		c := &s.c[i]
		v := min(float64(c.count), s.limit(r, Signal(i)))
		c.dev += weight * (math.Abs(v-c.mean) - c.dev)
		c.mean += weight * (v - c.mean)
		c.count = 0
	}
	s.seen = min(s.seen+1, max(r.warm, r.steady))
}

// silence puts n windows without a record into the baseline.
func (s *series) silence(r *rules, n int64) {
	for ; n > 0 && s.seen < r.steady; n-- {
		s.close(r)
	}
	if n == 0 {
		return
	}
	// The same n times over, at once. With q = 1-alpha, the mean goes by qⁿ,
	// and the deviation, which moves towards a mean that shrinks meanwhile,
	// to qⁿ dev + n alpha qⁿ⁻¹ mean.
	q := 1 - r.alpha
	last := math.Pow(q, float64(n-1))
	for i := range s.c {
		c := &s.c[i]
		c.dev = q*last*c.dev + float64(n)*r.alpha*last*c.mean
		c.mean *= q * last
	}
	s.seen = int(min(int64(s.seen)+n, int64(max(r.warm, r.steady))))
}

// trip is an alert to be raised once the lock is released.
type trip struct {
	signal   Signal
	shared   bool
	fresh    bool
	count    int64
	limit    int64
	baseline float64
	window   int64
}

// add counts and reports whether that raises an alert.
func (s *series) add(r *rules, sig Signal, amount int64, t *trip) bool {
	c := &s.c[sig]
	if c.count > math.MaxInt64-amount {
		c.count = math.MaxInt64
	} else {
		c.count += amount
	}
	limit := whole(s.limit(r, sig))
	if s.window < c.quiet || c.count < limit {
		return false
	}
	c.quiet = s.window + r.cooldown
	*t = trip{signal: sig, fresh: s.seen < r.warm, count: c.count, limit: limit, baseline: c.mean, window: s.window}
	return true
}

// whole is the least count that reaches the limit.
func whole(limit float64) int64 {
	if limit >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Ceil(limit))
}
