package ratelimit

import (
	"time"
)

// ErrCost is the refusal of a cost above the smallest quota.
var ErrCost = errCost

// RefundAt is Refund at a given time, in memory. It reports whether there was a refund.
func (l *Limiter) RefundAt(now time.Duration, d Decision, n int) bool {
	d.taken.tier.table.refund(now, d.taken.key, int64(n), d.taken.main.local)
	return d.taken.main.inLocal
}
