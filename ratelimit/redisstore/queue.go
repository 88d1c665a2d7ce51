package redisstore

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// This file is the path of every decision. It starts no goroutine: one of many callers
// does the work for all of them. Under the lock of a queue it only moves pointers.

// A queue commits in groups. A caller makes its call at once, for itself alone or with
// the callers that come at the same time, if one more call may be under way. Otherwise
// it waits. When a call returns, one of the waiters makes the next call for all of
// them. So a lone caller pays nothing, and the more callers there are the less each
// costs.
//
// The diagram at [state] shows the way of a waiter.
type queue struct {
	c        *counter
	tag      string
	inflight inflightLimit
	alarm    alarm

	mu      sync.Mutex
	peak    int // most calls under way at once since a call failed
	busy    int // calls under way; while it is below the limit, no waiter waits for long
	waiting []*waiter
	shared  []*batch // calls under way whose batch has followers
	free    []*batch

	// gathering says that a caller that may begin a call is about to take the waiters
	// along.
	gathering bool
}

func newQueue(c *counter, tag string) *queue {
	q := &queue{c: c, tag: tag}
	q.alarm.init(q.expire)
	return q
}

// leaderSlack is added to the deadline of a leader when the queue looks for waiters
// with more time. The call of the leader may end this much earlier than the deadline of
// a follower that came while the call was prepared.
const leaderSlack = time.Millisecond

// take returns the count of r, and the number of units that were debited additionally
// for a lease.
func (q *queue) take(ctx context.Context, now time.Time, r request) (ratelimit.Count, int, error) {
	w := newWaiter(r)
	q.mu.Lock()
	if q.gathering || q.busy >= q.inflight.limit() {
		q.enqueue(w, now)
		q.mu.Unlock()
		return q.wait(ctx, w)
	}
	q.countCall()
	if q.busy > 1 {
		q.gatherWaiters()
	}
	if q.tooShortToLead(w) {
		q.enqueue(w, now)
		next := q.handOver()
		q.mu.Unlock()
		next.wakeUp()
		return q.wait(ctx, w)
	}
	b := q.fillBatch(w, q.waiting)
	q.waiting = slices.Delete(q.waiting, 0, len(b.members)-1)
	var next *waiter
	if len(q.waiting) > 0 && q.busy < q.inflight.limit() { // there were too many waiters for one call
		q.countCall()
		next = q.handOver()
	}
	q.mu.Unlock()
	next.wakeUp()
	return q.lead(b, w, now)
}

// countCall counts one more call under way.
func (q *queue) countCall() {
	q.busy++
	q.peak = max(q.peak, q.busy)
}

// gatherWaiters yields to callers that are about to enqueue. If other calls are under
// way, most new callers are callers that a call has just answered, and this caller runs
// before the rest of them. Without gatherWaiters each of them begins a call of its own
// until no more may begin. gatherWaiters is called, and returns, under the lock.
func (q *queue) gatherWaiters() {
	q.gathering = true
	for range 4 {
		n := len(q.waiting)
		q.mu.Unlock()
		runtime.Gosched()
		q.mu.Lock()
		if len(q.waiting) == n {
			break
		}
	}
	q.gathering = false
	q.dropAbandoned()
}

func (q *queue) enqueue(w *waiter, now time.Time) {
	q.waiting = append(q.waiting, w)
	q.alarm.atLatest(now, w.deadline)
}

// dropAbandoned removes the waiters that have given up or were woken by the alarm.
func (q *queue) dropAbandoned() {
	q.waiting = slices.DeleteFunc(q.waiting, func(w *waiter) bool { return w.state == abandoned || w.late })
}

// tooShortToLead reports whether some waiter has more time than w. A call ends at the
// deadline of its leader, so w must not lead that waiter.
func (q *queue) tooShortToLead(w *waiter) bool {
	limit := w.deadline.Add(leaderSlack)
	return slices.ContainsFunc(q.waiting, func(other *waiter) bool { return other.deadline.After(limit) })
}

func (q *queue) wait(ctx context.Context, w *waiter) (ratelimit.Count, int, error) {
	woken := true
	select {
	case <-w.wake:
	case <-ctx.Done():
		woken = false
	}
	// The other goroutine held the lock when it woke w, so every earlier write to w is
	// visible here.
	if !woken || w.late {
		if !q.leave(w, woken) {
			if err := ctx.Err(); err != nil {
				return ratelimit.Count{}, 0, wrap(err)
			}
			return ratelimit.Count{}, 0, wrap(context.DeadlineExceeded)
		}
		return w.release()
	}
	if w.state == leading {
		return q.lead(w.batch, w, time.Now())
	}
	return w.release()
}

// leave takes w out of the queue. It reports true if w already has its result, which is
// then valid. If w was to make a call, another waiter makes it.
func (q *queue) leave(w *waiter, woken bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !woken && (w.late || w.state == decided || w.state == leading) {
		<-w.wake // the token is there or will be: each waiter gets exactly one
	}
	switch w.state {
	case decided:
		return true
	case leading:
		b := w.batch
		for _, other := range b.members {
			if other != w && other.state != abandoned {
				other.state = queued
				q.waiting = append(q.waiting, other)
			}
		}
		q.unshare(b)
		q.reuse(b)
		w.state = abandoned
		q.handOver().wakeUp() // under the lock, but the channel has room for one
	}
	w.state = abandoned // dropAbandoned or finish removes it
	return false
}

// expire wakes the waiters whose deadline has come.
func (q *queue) expire() {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	var next time.Time
	check := func(ws []*waiter) {
		for _, w := range ws {
			switch {
			case w.state != queued && w.state != following || w.late:
			case !now.Before(w.deadline):
				w.late = true
				w.wake <- struct{}{}
			case next.IsZero() || w.deadline.Before(next):
				next = w.deadline
			}
		}
	}
	check(q.waiting)
	for _, b := range q.shared {
		check(b.members)
	}
	q.alarm.fired(now, next)
}

// fillBatch returns a batch of w, which leads it, and of as many followers as fit.
func (q *queue) fillBatch(w *waiter, followers []*waiter) *batch {
	var b *batch
	if n := len(q.free); n > 0 {
		b, q.free = q.free[n-1], q.free[:n-1]
	} else {
		b = newBatch(q)
	}
	b.deadline = w.deadline
	b.add(w)
	w.state = leading // and so expire does not wake it
	for _, other := range followers {
		if b.used == maxEntries {
			break
		}
		b.add(other)
		other.state = following
	}
	if len(b.members) > 1 {
		q.shared = append(q.shared, b) // so that expire finds the followers
	}
	return b
}

func (q *queue) unshare(b *batch) {
	if i := slices.Index(q.shared, b); i >= 0 {
		q.shared = slices.Delete(q.shared, i, i+1)
	}
}

// handOver begins the next call in place of a call that has returned. It makes one of
// the waiters the leader and returns it, and the caller wakes it. If no waiter is left,
// it decrements busy.
func (q *queue) handOver() *waiter {
	q.dropAbandoned()
	if len(q.waiting) == 0 || q.gathering {
		q.busy--
		return nil
	}
	// A call ends at the deadline of its leader. No follower may have more time than
	// that, so the waiter with the most time leads.
	lead := 0
	for i, w := range q.waiting {
		if w.deadline.After(q.waiting[lead].deadline) {
			lead = i
		}
	}
	w := q.waiting[lead]
	q.waiting[0], q.waiting[lead] = w, q.waiting[0]
	b := q.fillBatch(w, q.waiting[1:])
	q.waiting = slices.Delete(q.waiting, 0, len(b.members))
	w.batch = b
	return w
}

// lead makes the call of b, gives each member its result, and returns the result of w.
func (q *queue) lead(b *batch, w *waiter, now time.Time) (count ratelimit.Count, leaseGranted int, err error) {
	// After a panic in a hook the ended call must not stay counted as under way.
	b.err = errAborted
	defer q.finish(b, w, now)
	b.err = b.run(now)
	count, err = b.result(w)
	return count, b.leaseGranted(w), err
}

// finish gives the members of b their results. The next call begins before they run.
func (q *queue) finish(b *batch, leader *waiter, began time.Time) {
	now := time.Now()
	for _, w := range b.members {
		w.leaseGranted = b.leaseGranted(w)
		w.count, w.err = b.result(w) // also for an abandoned waiter: no other goroutine reads it
	}
	q.mu.Lock()
	q.unshare(b)
	peak := q.peak
	if b.err != nil {
		q.peak = q.busy
	} else {
		q.inflight.record(now, now.Sub(began))
	}
	for i, w := range b.members {
		switch {
		case w == leader || w.state == abandoned:
			_, _, _ = w.release()
			b.members[i] = nil
		default:
			w.state = decided
			if w.late {
				b.members[i] = nil // is awake
			}
		}
	}
	next := q.handOver()
	q.mu.Unlock()
	next.wakeUp()
	q.c.store.prewarmAfter(b.err, peak)
	for _, w := range b.members {
		w.wakeUp()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.reuse(b)
}

// reuse keeps b for another call, unless the call of b did not return: then its context
// and its command may be in any state.
func (q *queue) reuse(b *batch) {
	if b.err == errAborted {
		return
	}
	b.reset()
	q.free = append(q.free, b)
}
