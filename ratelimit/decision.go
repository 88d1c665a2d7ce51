package ratelimit

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// The refusals. [Limiter.Check] returns one of them, with the reason as its cause, or
// the error of a request whose context has ended or whose cost is out of bounds.
var (
	// ErrLimited refuses a request above a limit: 429 (RFC 6585, section 4), with
	// Retry-After. The cause names the limit.
	ErrLimited = &httperr.Error{
		Status:  http.StatusTooManyRequests,
		Code:    "rate_limited",
		Message: "There were too many requests; try again later.",
	}

	// ErrUnavailable refuses a request that could not be counted, because the store has
	// failed and OnFailure is FailClosed: 503, with Retry-After.
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
	Message: "The request asks for more than is ever granted at once. Ask for less.",
}

var errCostBelow1 = httperr.ErrInternal.With(errors.New("ratelimit: a cost below 1"))

// A Decision is the answer about one request. If a Limiter has several limits, the
// Decision describes one of them. On refusal that is, of the limits without room, the
// limit that takes longest to have room. On admission it is the limit with the fewest
// units remaining.
type Decision struct {
	Allowed bool

	// Degraded reports that OnFailure has decided, because the store has failed, or
	// because it is back and knows too little of the units that were admitted
	// meanwhile.
	Degraded bool

	// NoKey reports that Config.Key found no key, so the request was counted against
	// the quota that all requests without a key share.
	NoKey bool

	// UnknownTier reports that Config.Tier returned a name that is not in Config.Tiers,
	// so the request was counted against Config.Limits.
	UnknownTier bool

	// LimitsErr is the reason why the limits of an earlier answer, or Config.Limits, apply,
	// and not the limits that Config.LimitsFor was asked for: its error, or the faults of
	// the limits that it returned.
	LimitsErr error

	Granted   int           // units taken: the cost, or 0; with TakeAtMost the available units
	Tier      string        // Exempt, a name in Config.Tiers, or "" for Config.Limits
	Name      string        // of the limit, as in the headers: "minute", "login-minute"; "" if no limit was asked
	Limit     int           // quota of that limit
	Window    time.Duration // window of that limit
	Remaining int           // units that the limit would still admit now

	// Reset is the time until Remaining grows. It is 0 if nothing is used.
	Reset time.Duration

	// RetryAfter is the time until the same request would be admitted, if the key sends
	// no other request meanwhile. It is exact, never too early, and 0 if Allowed. While
	// Degraded it comes from the memory of this process, and is at least a second if
	// the memory knows nothing.
	RetryAfter time.Duration

	// Shadowed is the name of the limit with Shadow that would have refused, or "". The
	// request was admitted nevertheless.
	Shadowed string

	// Err is the error that Check returns for a refused request. If a request is
	// admitted while Degraded, Err is the error of the store, or nil while the circuit
	// breaker is open.
	Err error

	limit int // index of the described limit
	taken reservation
}

// reservation holds the data of a Take that Refund needs.
type reservation struct {
	tier         *tier
	key          Key
	main, shadow debit
}

// debit says where the units of one limitSet were taken from.
type debit struct {
	local             int64 // time of the debit in the memory
	shared            Stamp // of the store
	inLocal, inShared bool
}

// noteIn writes to the record which limit refused, and that the store failed.
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
