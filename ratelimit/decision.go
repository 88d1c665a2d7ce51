package ratelimit

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// The refusals. The error that [Limiter.Check] returns is one of them, with the
// reason as its cause, or the error of a request whose context has ended or whose
// cost is out of bounds.
var (
	// ErrLimited refuses a request above a limit, which the cause names: 429
	// (RFC 6585, section 4), with Retry-After.
	ErrLimited = &httperr.Error{
		Status:  http.StatusTooManyRequests,
		Code:    "rate_limited",
		Message: "There were too many requests; try again later.",
	}

	// ErrUnavailable refuses a request that nobody could count: FailClosed, and
	// the store has failed: 503, with Retry-After.
	ErrUnavailable = &httperr.Error{
		Status:  http.StatusServiceUnavailable,
		Code:    "limiter_unavailable",
		Message: "The request cannot be counted at the moment; try again.",
	}
)

// errCost refuses a request whose cost is above the smallest quota.
var errCost = &httperr.Error{
	Status:  http.StatusBadRequest,
	Code:    "cost_too_high",
	Message: "The request asks for more than is ever granted at once.",
}

var errCostBelow1 = httperr.ErrInternal.With(errors.New("ratelimit: a cost below 1"))

// A Decision is the answer about one request. If a Limiter has several limits
// it tells of one: when refused, of the full one that takes longest to have
// room; when admitted, of the one with the least remaining.
type Decision struct {
	Allowed bool

	// Degraded says that OnFailure has decided: the store has failed, or it is
	// back, and knows too little of what was admitted meanwhile.
	Degraded bool

	// NoKey says that Config.Key found none, and the request was counted
	// against the quota that all such requests share.
	NoKey bool

	// UnknownTier says that Config.Tier named none of Config.Tiers, and the
	// request was counted against Config.Limits.
	UnknownTier bool

	Granted   int           // units taken: the cost, or 0, or with TakeAtMost what was there
	Tier      string        // Exempt, one of Config.Tiers, or "" for Config.Limits
	Name      string        // of the limit, as in the headers: "minute", "login-minute"; "" if none was asked
	Limit     int           // its quota
	Window    time.Duration // its window
	Remaining int           // how many units it would still admit now

	// Reset is the time until Remaining grows, 0 if nothing is used.
	Reset time.Duration

	// RetryAfter is the time until the same would be admitted if the key sends
	// nothing else: exact, never too early, and 0 if Allowed. While Degraded it
	// is what the memory of this process knows, and at least a second if that
	// knows nothing.
	RetryAfter time.Duration

	// Shadowed is the name of the limit with Shadow that would have refused, ""
	// if none would. The request was admitted nevertheless.
	Shadowed string

	// Err is what Check returns if the request is refused. If it is admitted
	// while Degraded, it is what the store said, and nil while that is left alone.
	Err error

	limit int // index of that limit
	taken reservation
}

// reservation is what Refund needs to know of a Take.
type reservation struct {
	tier         *tier
	key          Key
	main, shadow debit
}

// debit is where the units of one limitSet were taken from.
type debit struct {
	local, shared     int64 // stamps
	inLocal, inShared bool
}

// noteIn puts into the record which limit refused, and that the store failed.
func (d *Decision) noteIn(rec *carrier.Record) {
	rec.Update(func(f *carrier.Facts) {
		if d.Degraded {
			f.Events |= carrier.StoreDegraded
		}
		if !d.Allowed && d.Name != "" {
			f.Limit, f.Events = d.Name, f.Events|carrier.RateLimited
		}
	})
}
