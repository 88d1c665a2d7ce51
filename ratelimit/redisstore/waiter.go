package redisstore

import (
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A waiter is a caller's place in the queue. Whoever finds it in a state that
// nobody else will look at gives it back to the pool: a caller that has given up
// leaves it to the leader of its batch, which is still to write to it.
type waiter struct {
	key      [16]byte
	n        int
	atMost   bool
	more     int // units to ask for besides, for a lease; of a key, one waiter does at a time
	deadline time.Time
	wake     chan struct{} // holds one, and gets one: with an answer, a call to make, or late

	// Under the lock of the queue:
	state state
	late  bool   // has been woken because its deadline has come
	batch *batch // leading: what to do
	entry int    // in the batch
	rank  int    // among those that share the entry
	count ratelimit.Count
	spare int
	err   error
}

type state uint8

const (
	queued  state = iota
	leading       // has been woken to make a call
	flying        // is in a call that somebody else makes
	decided       // has been woken with the answer
	gone          // has given up
)

var waiters = sync.Pool{New: func() any { return &waiter{wake: make(chan struct{}, 1)} }}

func (w *waiter) release() (count ratelimit.Count, spare int, err error) {
	count, spare, err = w.count, w.spare, w.err
	w.count, w.spare, w.err, w.batch = ratelimit.Count{}, 0, nil, nil
	waiters.Put(w)
	return count, spare, err
}

// wakeUp is called without the lock: the woken run at once.
func (w *waiter) wakeUp() {
	if w != nil {
		w.wake <- struct{}{}
	}
}

// An alarm fires for the first deadline of all who wait. One timer for all of
// them, which is not touched as long as it fires early enough, costs a decision
// nothing.
type alarm struct {
	timer *time.Timer
	at    time.Time // zero: not set
}

func (a *alarm) init(ring func()) {
	a.timer = time.AfterFunc(time.Hour, ring)
	a.timer.Stop()
}

// atLatest is called under the lock of the queue, as is rung.
func (a *alarm) atLatest(now, t time.Time) {
	if a.at.IsZero() || t.Before(a.at) {
		a.at = t
		a.timer.Reset(max(t.Sub(now), 0))
	}
}

// rung sets the alarm for the next deadline, if there is one.
func (a *alarm) rung(now, next time.Time) {
	if a.at = next; !next.IsZero() {
		a.timer.Reset(next.Sub(now))
	}
}
