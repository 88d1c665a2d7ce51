package ratelimit

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
)

// OnFailure says how requests are decided while the [Store] does not answer.
type OnFailure uint8

// The choices for Config.OnFailure.
const (
	// FailLocal lets the memory of this process decide, with its share of each quota.
	// The memory has counted all units that the store admitted in this process, so an
	// outage gives no client a second quota. When the store is back, it knows nothing
	// of the outage. Both the store and the memory must then admit, until the units of
	// the outage have left the windows.
	FailLocal OnFailure = iota

	// FailClosed refuses all requests: ErrUnavailable.
	FailClosed

	// FailOpen admits all requests and counts none. A client that can bring the store
	// down, or only slow it down, is then not limited at all.
	FailOpen
)

// String returns the name of the choice, or "OnFailure(3)" for an unknown value.
func (o OnFailure) String() string {
	if names := [...]string{"FailLocal", "FailClosed", "FailOpen"}; int(o) < len(names) {
		return names[o]
	}
	return "OnFailure(" + strconv.Itoa(int(o)) + ")"
}

const (
	failureThreshold = 5 // failures in a row that open the circuit breaker
	firstPause       = 100 * time.Millisecond
	lastPause        = 2 * time.Second
)

// serializeOnState makes calls of OnState wait for each other, for the Store may call it
// as well as the circuit breaker.
func (cfg *Config) serializeOnState() {
	if tell := cfg.OnState; tell != nil {
		var mu sync.Mutex
		cfg.OnState = func(name string, err error) {
			mu.Lock()
			defer mu.Unlock()
			tell(name, err)
		}
	}
}

// reportFaults has OnState called for a configuration of the store's server that may admit
// more than the limits.
func (cfg *Config) reportFaults() {
	if s, ok := cfg.Store.(faultReporter); ok && cfg.OnState != nil {
		name, tell := cfg.Name, cfg.OnState
		s.OnFault(func(err error) { tell(name, err) })
	}
}

// newBreaker returns the circuit breaker that keeps requests away from a failing store.
func (cfg *Config) newBreaker() *breaker.Breaker {
	bc := breaker.Config{
		Threshold: failureThreshold, FirstPause: firstPause, LastPause: lastPause,
		ProbeTimeout: 2*cfg.Budget + lastPause,
	}
	if name, tell := cfg.Name, cfg.OnState; tell != nil {
		bc.OnState = func(_ breaker.State, err error) { tell(name, err) } // err is nil for Closed
	}
	return breaker.New(bc)
}

var errBreakerOpen = errors.New("ratelimit: the store failed repeatedly and is left alone")

// decideWithoutStore returns local, the decision of the memory, as the outcome. Without
// a memory local is zero and the outcome is no decision. why is the error of the store,
// or nil if the store was not asked.
func (c *call) decideWithoutStore(local Count, why error) outcome {
	c.degraded = true
	return outcome{Count: local, debit: debit{local: local.Stamp.At, inLocal: local.Granted > 0}, err: why}
}

// hasDecision reports whether the outcome of take, with the error err, is a decision.
func (c *call) hasDecision(err error) bool {
	if c.degraded {
		return c.policy == FailLocal
	}
	return err == nil
}

// decideUncounted fills d for n units that neither the store nor the memory has
// counted.
func (c *call) decideUncounted(d *Decision, err error, n int) {
	switch {
	case !c.degraded: // the client has left, and no policy admits it for that
	case c.policy == FailOpen:
		d.Allowed, d.Granted = true, n
	default:
		d.RetryAfter = max(c.breaker.Wait(c.now()), time.Second)
		if d.Err = errUnavailableWhileOpen; err != nil {
			d.Err = ErrUnavailable.With(err)
		}
	}
}

var errUnavailableWhileOpen = ErrUnavailable.With(errBreakerOpen)
