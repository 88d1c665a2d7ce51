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
	quietUntil int64   // number of the first window that may raise an alert
}

// series holds the series of one subject, one for each signal.
type series struct {
	key    uint64
	window int64 // number of the running window
	closed int   // windows in the baseline, up to the number after which more make no difference
	c      [signals]counter
}

// limit returns the count that raises an alert.
func (s *series) limit(r *rules, sig Signal) float64 {
	l, c := &r.levels[sig], &s.c[sig]
	if s.closed < r.warmUp {
		return float64(min(l.New, l.Max))
	}
	usual := max(float64(l.Min), r.factor*c.mean, c.mean+r.deviations*c.dev)
	return min(usual, float64(l.Max))
}

// advance closes the windows before w and makes w the running window.
func (s *series) advance(r *rules, w int64) {
	switch {
	case w > s.window:
		s.close(r)
		s.closeEmpty(r, w-s.window-1)
	case w >= s.window-maxLate:
		return
	default: // the clock was set back
		for i := range s.c {
			c := &s.c[i]
			c.count, c.quietUntil = 0, min(c.quietUntil, w+r.cooldown)
		}
	}
	s.window = w
}

// weight returns the weight of the running window in the baseline. At first the
// baseline is the plain mean, in which all windows have the same weight. As soon
// as that weight is no larger than alpha, the baseline is the exponentially
// weighted mean.
func (s *series) weight(r *rules) float64 {
	if s.closed < r.steady {
		return 1 / float64(s.closed+1)
	}
	return r.alpha
}

// close adds the running window to the baseline. A count above the limit counts
// as the limit, so that an attacker cannot move the baseline at will.
func (s *series) close(r *rules) {
	weight := s.weight(r)
	for i := range s.c {
		c := &s.c[i]
		v := min(float64(c.count), s.limit(r, Signal(i)))
		c.dev += weight * (math.Abs(v-c.mean) - c.dev)
		c.mean += weight * (v - c.mean)
		c.count = 0
	}
	s.closed = min(s.closed+1, max(r.warmUp, r.steady))
}

// closeEmpty adds n windows without a record to the baseline.
func (s *series) closeEmpty(r *rules, n int64) {
	for ; n > 0 && s.closed < r.steady; n-- {
		s.close(r)
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
	s.closed = int(min(int64(s.closed)+n, int64(max(r.warmUp, r.steady))))
}

// pendingAlert is an alert that is raised after the lock is released.
type pendingAlert struct {
	signal   Signal
	shared   bool
	fresh    bool
	count    int64
	limit    int64
	baseline float64
	window   int64
}

// add adds amount to the count of a signal. If that raises an alert, it writes
// the alert to t and returns true.
func (s *series) add(r *rules, sig Signal, amount int64, t *pendingAlert) bool {
	c := &s.c[sig]
	if c.count > math.MaxInt64-amount {
		c.count = math.MaxInt64
	} else {
		c.count += amount
	}
	limit := ceilCount(s.limit(r, sig))
	if s.window < c.quietUntil || c.count < limit {
		return false
	}
	c.quietUntil = s.window + r.cooldown
	*t = pendingAlert{signal: sig, fresh: s.closed < r.warmUp, count: c.count, limit: limit, baseline: c.mean, window: s.window}
	return true
}

// ceilCount returns the least count that reaches the limit.
func ceilCount(limit float64) int64 {
	if limit >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Ceil(limit))
}
