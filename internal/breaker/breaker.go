// Package breaker is a circuit breaker: it keeps calls away from a service that
// fails.
//
// # Use
//
//	b := breaker.New(breaker.Config{
//		Threshold:    5,
//		FirstPause:   100 * time.Millisecond,
//		LastPause:    2 * time.Second,
//		ProbeTimeout: 3 * time.Second,
//	})
//	…
//	state := b.Allow(now)
//	if state == breaker.Open {
//		return errUnavailable // the call is not made
//	}
//	if err := call(); err != nil {
//		b.Failure(state, now, err)
//		return err
//	}
//	b.Success(state)
//
// Every time is a monotonic span since one fixed moment, such as time.Since(start).
// Changes of the wall clock do not affect it.
//
// # States
//
//	closed     every call is made; Threshold failures in a row open the breaker
//	open       no call is made until a pause is over
//	half-open  one call is made as a probe: its success closes the breaker, its
//	           failure opens it for a longer pause
//
// A pause is cut by up to half at random. Processes that lose a service together
// must not come back together.
//
// # Invariant
//
// A Breaker starts no goroutine and reads no clock. Allow neither allocates nor
// locks. OnState is called once when the breaker opens and once when it closes, in
// order, one call at a time.
package breaker

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A State is the answer of [Breaker.Allow] about one call. The call ends with
// exactly one of Success, Failure and Abandon, which take this State.
type State uint8

// The states. The zero State allows no call.
const (
	Open     State = iota // the call must not be made
	Closed                // make the call; its failure counts toward Threshold
	HalfOpen              // the call is the probe
)

// Config configures a [Breaker]. All fields but OnState and Random must be set.
type Config struct {
	// Threshold is how many failures in a row open a closed breaker.
	Threshold int

	// FirstPause is the upper bound of the first pause. Each failed probe doubles the
	// bound, up to LastPause. Each pause is cut by up to half at random.
	FirstPause, LastPause time.Duration

	// ProbeTimeout is the time after which a probe that has not ended counts as
	// lost, and another call becomes the probe.
	ProbeTimeout time.Duration

	// OnState is called with Open and the last error, and with Closed and nil, from
	// within Failure and Success. It must not block, and must not call the Breaker. Nil
	// is off.
	OnState func(State, error)

	// Random returns a number from 0 to n-1. It must not call the Breaker. Nil is
	// rand.Int64N. A simulation gives its own, so that it can be repeated.
	Random func(n int64) int64
}

// A Breaker may be used by several goroutines. It is made by [New].
type Breaker struct {
	cfg Config

	// probeAt is the time at which the next probe may be made; 0 if the breaker
	// is closed. The call that moves it becomes the probe.
	probeAt atomic.Int64

	failures atomic.Int64 // failures in a row

	mu    sync.Mutex // serializes changes of the state, so that OnState is called in their order
	pause time.Duration
}

// New returns a closed Breaker.
func New(cfg Config) *Breaker {
	if cfg.Random == nil {
		cfg.Random = rand.Int64N
	}
	return &Breaker{cfg: cfg}
}

// Allow reports whether a call may be made at now.
func (b *Breaker) Allow(now time.Duration) State {
	at := b.probeAt.Load()
	switch {
	case at == 0:
		return Closed
	case int64(now) < at:
		return Open
	case b.probeAt.CompareAndSwap(at, int64(now+b.cfg.ProbeTimeout)):
		return HalfOpen
	}
	return Open // another call has just become the probe
}

// Success ends a call that the service has answered.
func (b *Breaker) Success(s State) {
	switch s {
	case Open:
		return // no call was made
	case Closed:
		// Usually there is nothing to write. No write keeps the cache line
		// shared.
		if b.failures.Load() != 0 {
			b.failures.Store(0)
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures.Store(0)
	if b.probeAt.Swap(0) != 0 {
		b.pause = 0
		b.notify(Closed, nil)
	}
}

// Failure ends a call that has failed with err at now.
func (b *Breaker) Failure(s State, now time.Duration, err error) {
	if s == Open || s == Closed && b.failures.Add(1) < int64(b.cfg.Threshold) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	wasOpen := b.probeAt.Load() != 0
	if wasOpen && s == Closed {
		return // the call was under way when the breaker opened
	}
	b.pause = min(max(2*b.pause, b.cfg.FirstPause), b.cfg.LastPause)
	half := max(b.pause/2, 1)
	b.probeAt.Store(int64(now+half) + b.cfg.Random(int64(half)) + 1)
	if !wasOpen {
		b.notify(Open, err)
	}
}

// Abandon ends a call whose outcome at now says nothing about the service, such as a
// call whose caller has left. If the call was the probe, the next call becomes the
// probe.
func (b *Breaker) Abandon(s State, now time.Duration) {
	if s != HalfOpen {
		return
	}
	// A later probe may have closed the breaker meanwhile: then it stays closed.
	if at := b.probeAt.Load(); at != 0 {
		b.probeAt.CompareAndSwap(at, max(int64(now), 1))
	}
}

// Wait returns the time from now until the next probe may be made, 0 if the
// breaker is closed or the pause is over.
func (b *Breaker) Wait(now time.Duration) time.Duration {
	return max(time.Duration(b.probeAt.Load())-now, 0)
}

func (b *Breaker) notify(s State, err error) {
	if b.cfg.OnState != nil {
		b.cfg.OnState(s, err)
	}
}
