package redisstore

import (
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A request is one decision that a caller asks the queue for.
type request struct {
	key      [16]byte
	n        int
	atMost   bool // fewer than n units will do
	deadline time.Time

	// leaseWanted is how many units to debit besides, for a lease. Of all requests
	// for a key, one at a time has some.
	leaseWanted int
}

// A waiter is a request in the queue. When no other caller will look at it any more,
// it goes back to the pool: a caller that has given up leaves that to the leader of
// its batch, which is still to write to the waiter.
type waiter struct {
	request
	wake chan struct{} // holds one, and gets one: with a result, a call to make, or late

	// Under the lock of the queue:
	state        state
	late         bool   // was woken because its deadline has come
	batch        *batch // leading: the call to make
	entry        int    // in the batch
	rank         int    // among the waiters that share the entry
	count        ratelimit.Count
	leaseGranted int
	err          error
}

// A state is a waiter's place on its way through the queue. Each arrow is the
// function that makes the transition, under the lock of the queue.
//
//	 take         leave, by the leader of its batch
//	  |    +---------------------------------------------+
//	  v    v                                             |
//	queued ------ fill, into the call of another ---> following
//	  |                                                  |
//	  | fill, from take: begins a call at once           | finish
//	  | fill, from handOver: is woken to make a call     v
//	  v                                               decided
//	leading                                              |
//	  |                                                  | wait
//	  +-------------- lead, finish --> result <----------+
//
//	queued, following or leading --- leave: context or deadline ended ---> gone
//
// expire changes no state: it marks a queued or following waiter as late and wakes
// it, and the waiter then leaves. A decided waiter that wants to leave has a result
// and takes it.
type state uint8

const (
	queued    state = iota
	leading         // makes a call, or was woken to make one
	following       // is in a call that another waiter makes
	decided         // was woken with its result
	gone            // has given up
)

var waiters = sync.Pool{New: func() any { return &waiter{wake: make(chan struct{}, 1)} }}

// newWaiter returns a queued waiter from the pool.
func newWaiter(r request) *waiter {
	w := waiters.Get().(*waiter)
	w.request, w.state, w.late = r, queued, false
	return w
}

// release returns the result of w, and w to the pool.
func (w *waiter) release() (count ratelimit.Count, leaseGranted int, err error) {
	count, leaseGranted, err = w.count, w.leaseGranted, w.err
	w.count, w.leaseGranted, w.err, w.batch = ratelimit.Count{}, 0, nil, nil
	waiters.Put(w)
	return count, leaseGranted, err
}

// wakeUp is called without the lock: the woken run at once.
func (w *waiter) wakeUp() {
	if w != nil {
		w.wake <- struct{}{}
	}
}

// An alarm fires for the first deadline of all waiters. It is one timer for all of
// them, and as long as it fires early enough it is not touched, so it costs a
// decision nothing.
type alarm struct {
	timer *time.Timer
	at    time.Time // zero: not set
}

func (a *alarm) init(expire func()) {
	a.timer = time.AfterFunc(time.Hour, expire)
	a.timer.Stop()
}

// atLatest is called under the lock of the queue, as is fired.
func (a *alarm) atLatest(now, t time.Time) {
	if a.at.IsZero() || t.Before(a.at) {
		a.at = t
		a.timer.Reset(max(t.Sub(now), 0))
	}
}

// fired sets the alarm for the next deadline, if there is one.
func (a *alarm) fired(now, next time.Time) {
	if a.at = next; !next.IsZero() {
		a.timer.Reset(next.Sub(now))
	}
}
