package ratelimit

import (
	"net/http"
	"time"

	httperr "github.com/go-sallyport/sallyport/errors"
)

// ErrLimited is the refusal of a request above a limit: 429 (RFC 6585, section
// 4). The error that [Limiter.Check] returns names the limit as its cause.
var ErrLimited = &httperr.Error{
	Status:  http.StatusTooManyRequests,
	Code:    "rate_limited",
	Message: "There were too many requests; try again later.",
}

// A Decision is the answer about one request. If a Limiter has several limits
// it tells of one: when refused, of the full one that takes longest to have
// room; when admitted, of the one with the least remaining.
type Decision struct {
	Allowed   bool
	Name      string        // of that limit, as in the headers: "minute", "login-minute"
	Limit     int           // its quota
	Window    time.Duration // its window
	Remaining int           // how many requests it would still admit now

	// Reset is the time until Remaining grows, 0 if nothing is used.
	Reset time.Duration

	// RetryAfter is the time until a request would be admitted if the key sends
	// no other: exact, never too early, and 0 if Allowed.
	RetryAfter time.Duration

	limit int // index of that limit
}
