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
	atMost   bool // Redis may grant fewer than n units
	deadline time.Time

	// leaseWanted is the number of additional units to debit for a lease. Of all
	// requests for a key, at most one at a time wants a lease.
	leaseWanted int
}

// A waiter is a request in the queue. It goes back to the pool when no other goroutine
// will read or write it any more. A caller that has given up does not release its
// waiter, because the leader of the batch still writes to it. The leader releases it
// then.
type waiter struct {
	request
	wake chan struct{} // holds one token, sent with a result, with a call to make, or when late is set

	// The queue's lock guards the rest.
	state        state
	late         bool   // the alarm has woken the waiter because its deadline has come
	batch        *batch // while leading: the call to make
	entry        int    // index in the batch
	rank         int    // position among the waiters that share the entry
	count        ratelimit.Count
	leaseGranted int
	err          error
}

// A state is the position of a waiter on its way through the queue. Each arrow is the
// function that makes the transition, under the lock of the queue.
//
//	 take         leave, by the leader of its batch
//	  |    +---------------------------------------------+
//	  v    v                                             |
//	queued ---- fillBatch, into the call of another --> following
//	  |                                                  |
//	  | fillBatch, from take: begins a call at once      | finish
//	  | fillBatch, from handOver: woken to make a call   v
//	  v                                               decided
//	leading                                              |
//	  |                                                  | wait
//	  +-------------- lead, finish --> result <----------+
//
//	queued, following or leading --- leave: context or deadline ended ---> abandoned
//
// expire changes no state. It marks a queued or following waiter as late and wakes it,
// and the waiter then leaves. A decided waiter that wants to leave already has a result
// and takes it.
type state uint8

const (
	queued    state = iota
	leading         // makes a call, or was woken to make one
	following       // is in a call that another waiter makes
	decided         // was woken with its result
	abandoned       // has given up
)

var waiters = sync.Pool{New: func() any { return &waiter{wake: make(chan struct{}, 1)} }}

// newWaiter returns a queued waiter from the pool.
func newWaiter(r request) *waiter {
	w := waiters.Get().(*waiter)
	w.request, w.state, w.late = r, queued, false
	return w
}

// release returns the result of w and puts w back into the pool.
func (w *waiter) release() (count ratelimit.Count, leaseGranted int, err error) {
	count, leaseGranted, err = w.count, w.leaseGranted, w.err
	w.count, w.leaseGranted, w.err, w.batch = ratelimit.Count{}, 0, nil, nil
	waiters.Put(w)
	return count, leaseGranted, err
}

// wakeUp wakes the goroutine of w, if there is a w. Call it without the lock if possible,
// because the woken goroutine runs at once.
func (w *waiter) wakeUp() {
	if w != nil {
		w.wake <- struct{}{}
	}
}

// An alarm fires at the first deadline of all waiters. One timer serves all of them.
// The alarm leaves the timer alone as long as it fires early enough, so a decision pays
// nothing for it.
type alarm struct {
	timer *time.Timer
	at    time.Time // zero: not set
}

func (a *alarm) init(expire func()) {
	a.timer = time.AfterFunc(time.Hour, expire)
	a.timer.Stop()
}

// atLatest makes the alarm fire at t or earlier. The caller holds the lock of the
// queue, also for fired.
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
