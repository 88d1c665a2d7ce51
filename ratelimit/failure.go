package ratelimit

import (
	"errors"
	"strconv"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
)

// OnFailure says who decides while the [Store] does not answer.
type OnFailure uint8

// The choices for Config.OnFailure.
const (
	// FailLocal has the memory of this process decide, with its share of each
	// quota. It has counted all along what the store admitted here, so that an
	// outage gives nobody a second quota, and when the store is back, which knows
	// nothing of the outage, both must admit until that has left the windows.
	FailLocal OnFailure = iota

	// FailClosed refuses everything: ErrUnavailable.
	FailClosed

	// FailOpen admits everything, uncounted. Whoever can bring the store down
	// or merely slow it down is then not limited at all.
	FailOpen
)

// String returns the name of the choice, and of what is none "OnFailure(3)".
func (o OnFailure) String() string {
	switch o {
	case FailLocal:
		return "FailLocal"
	case FailClosed:
		return "FailClosed"
	case FailOpen:
		return "FailOpen"
	}
	return "OnFailure(" + strconv.Itoa(int(o)) + ")"
}

const (
	failureThreshold = 5 // failures in a row before the store is given up
	firstPause       = 100 * time.Millisecond
	lastPause        = 2 * time.Second
)

// newBreaker returns the circuit breaker that keeps requests away from a store
// that fails.
func (cfg *Config) newBreaker() *breaker.Breaker {
	bc := breaker.Config{
		Threshold: failureThreshold, FirstPause: firstPause, LastPause: lastPause,
		ProbeTimeout: 2*cfg.Budget + lastPause,
	}
	if name, tell := cfg.Name, cfg.OnState; tell != nil {
		bc.OnState = func(_ breaker.State, err error) { tell(name, err) } // Closed comes with nil
	}
	return breaker.New(bc)
}

// retryAfter is when a request that nobody could count may come back.
func (l *core) retryAfter() time.Duration { return max(l.breaker.Wait(l.now()), time.Second) }

var errBreakerOpen = errors.New("ratelimit: the store failed repeatedly and is left alone")

// withoutStore decides without the store, which said why or is left alone: as the
// memory did, which has granted local, or not at all without one.
func (c *call) decideWithoutStore(local Count, why error) outcome {
	c.degraded = true
	return outcome{Count: local, debit: debit{local: local.Stamp, inLocal: local.Granted > 0}, err: why}
}

// counted reports whether take, which said err, has decided anything.
func (c *call) hasDecision(err error) bool {
	if c.degraded {
		return c.policy == FailLocal
	}
	return err == nil
}

// decideUncounted fills d where n units were counted by neither store nor memory.
func (c *call) decideUncounted(d *Decision, err error, n int) {
	switch {
	case !c.degraded: // the client has gone, and no policy lets it in for that
	case c.policy == FailOpen:
		d.Allowed, d.Granted = true, n
	default:
		d.RetryAfter = c.retryAfter()
		if d.Err = errUnavailableWhileOpen; err != nil {
			d.Err = ErrUnavailable.With(err)
		}
	}
}

var errUnavailableWhileOpen = ErrUnavailable.With(errBreakerOpen)
