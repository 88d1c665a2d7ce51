package ratelimit

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
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

// A State is what Config.OnState is told.
type State struct {
	Name     string // Config.Name
	Degraded bool   // the store has been given up: OnFailure decides
	Err      error  // what the store said last; nil when it is back
}

const (
	tolerated  = 5 // failures in a row before the store is given up
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// A guard keeps requests away from a store that fails. After some failures in a
// row the store is left alone, and one request at a time tries it again, after
// a pause that grows and is never quite the same: processes that lost a store
// together must not come back together.
//
// Its paths while the store is left alone must neither allocate nor lock.
type guard struct {
	name    string
	policy  OnFailure
	budget  time.Duration
	onState func(State)

	// retry is when the store may be tried again, 0 if it is not given up. The
	// one request that moves it is the one that tries.
	retry atomic.Int64

	failures atomic.Int32 // in a row

	mu    sync.Mutex // one change at a time, and told in that order
	pause time.Duration
}

// pass is the leave to ask the store.
type pass uint8

const (
	stay  pass = iota // leave it alone
	ask               // as usual
	probe             // it was given up: whoever has this must end it
)

func (g *guard) enter(now int64) pass {
	at := g.retry.Load()
	switch {
	case at == 0:
		return ask
	case now < at:
		return stay
	case g.retry.CompareAndSwap(at, now+int64(2*g.budget+lastPause)): // should the probe never return
		return probe
	}
	return stay
}

// succeeded is told that the store has answered.
func (g *guard) succeeded(p pass) {
	if p == ask {
		// Mostly there is nothing to write, and a cache line that all would share.
		if g.failures.Load() != 0 {
			g.failures.Store(0)
		}
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures.Store(0)
	if g.retry.Swap(0) != 0 {
		g.pause = 0
		g.tell(State{Name: g.name})
	}
}

// failed is told that it has not.
func (g *guard) failed(p pass, now int64, err error) {
	if p == ask && g.failures.Add(1) < tolerated {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	given := g.retry.Load() != 0
	if given && p == ask {
		return // it was on its way when the store was given up
	}
	g.pause = min(max(2*g.pause, firstPause), lastPause)
	g.retry.Store(now + int64(g.pause/2) + rand.Int64N(int64(g.pause/2)) + 1)
	if !given {
		g.tell(State{Name: g.name, Degraded: true, Err: err})
	}
}

// abandoned is told that nobody waited for the answer.
func (g *guard) abandoned(p pass, now int64) {
	if p == probe {
		g.retry.Store(max(now, 1)) // for the next
	}
}

func (g *guard) tell(s State) {
	if g.onState != nil {
		g.onState(s)
	}
}

// retryAfter is when a request that nobody could count may come back.
func (g *guard) retryAfter(now int64) time.Duration {
	return max(time.Duration(g.retry.Load()-now), time.Second)
}
