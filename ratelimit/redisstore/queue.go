package redisstore

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// This file is the path of every decision. It starts no goroutine: one of many
// callers does the work for all of them. Under its lock it only moves pointers.

// A queue commits in groups. A caller makes its call at once if one more may be under
// way, for itself alone or with the callers that come at the same time. Otherwise it
// waits; when a call returns, one of the waiters makes the next, for all of them. So
// a lone caller pays nothing, and the more callers there are the less each costs.
//
// What happens to each waiter is drawn at [state].
type queue struct {
	c        *counter
	tag      string
	inflight inflightLimit
	alarm    alarm

	mu      sync.Mutex
	peak    int // most calls under way at once since a call failed
	busy    int // calls under way; while one more may be, no waiter waits for long
	waiting []*waiter
	shared  []*batch // under way, with more members than their leader
	free    []*batch

	// gathering: a caller that may begin a call is about to take the waiters along.
	gathering bool
}

func newQueue(c *counter, tag string) *queue {
	q := &queue{c: c, tag: tag}
	q.alarm.init(q.expire)
	return q
}

// leaderSlack is how much earlier than its own deadline a call may end for a waiter
// that came while the call was made ready.
const leaderSlack = time.Millisecond

// take returns the count of r, and how many units were debited besides for a lease.
func (q *queue) take(ctx context.Context, now time.Time, r request) (ratelimit.Count, int, error) {
	w := newWaiter(r)
	q.mu.Lock()
	if q.gathering || q.busy >= q.inflight.limit() {
		q.enqueue(w, now)
		q.mu.Unlock()
		return q.wait(ctx, w)
	}
	q.begin()
	if q.busy > 1 {
		q.gather()
	}
	if q.tooShortToLead(w) {
		q.enqueue(w, now)
		next := q.handOver()
		q.mu.Unlock()
		next.wakeUp()
		return q.wait(ctx, w)
	}
	b := q.fill(w, q.waiting)
	q.waiting = slices.Delete(q.waiting, 0, len(b.members)-1)
	q.share(b)
	var next *waiter
	if len(q.waiting) > 0 && q.busy < q.inflight.limit() { // there were too many for one call
		q.begin()
		next = q.handOver()
	}
	q.mu.Unlock()
	next.wakeUp()
	return q.lead(b, w, now)
}

// begin counts one more call under way.
func (q *queue) begin() {
	q.busy++
	q.peak = max(q.peak, q.busy)
}

// gather lets the callers come that are about to. If other calls are under way, most
// callers are ones that a call has just answered, and this one runs before the rest of
// them. Without gather each of them begins a call of its own until no more may begin.
// It is called, and returns, under the lock.
func (q *queue) gather() {
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
	q.dropGone()
}

func (q *queue) enqueue(w *waiter, now time.Time) {
	q.waiting = append(q.waiting, w)
	q.alarm.atLatest(now, w.deadline)
}

// dropGone drops the waiters that wait no more.
func (q *queue) dropGone() {
	q.waiting = slices.DeleteFunc(q.waiting, func(w *waiter) bool { return w.state == gone || w.late })
}

// tooShortToLead reports whether w has less time than a waiter for which it would
// make the call.
func (q *queue) tooShortToLead(w *waiter) bool {
	limit := w.deadline.Add(leaderSlack)
	return slices.ContainsFunc(q.waiting, func(other *waiter) bool { return other.deadline.After(limit) })
}

func (q *queue) wait(ctx context.Context, w *waiter) (ratelimit.Count, int, error) {
	woken := true
	if done := ctx.Done(); done == nil {
		<-w.wake
	} else {
		select {
		case <-w.wake:
		case <-done:
			woken = false
		}
	}
	// The lock was held when w was woken: what was written to w before that is seen.
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

// leave takes w out of the queue. It reports true if w has its result, which is then
// as good as any. A call that w was to make is made by another waiter.
func (q *queue) leave(w *waiter, woken bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !woken && (w.late || w.state == decided || w.state == leading) {
		<-w.wake // is there or will be: one each time
	}
	switch w.state {
	case decided:
		return true
	case leading:
		b := w.batch
		for _, other := range b.members {
			if other != w && other.state != gone {
				other.state = queued
				q.waiting = append(q.waiting, other)
			}
		}
		q.unshare(b)
		q.reuse(b)
		w.state = gone
		if next := q.handOver(); next != nil {
			next.wake <- struct{}{} // has room
		}
	}
	w.state = gone // dropGone or finish drops it
	return false
}

// expire wakes the waiters that have no more time.
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

// fill makes a batch of w, which leads it, and of as many followers as fit.
func (q *queue) fill(w *waiter, followers []*waiter) *batch {
	var b *batch
	if n := len(q.free); n > 0 {
		b, q.free = q.free[n-1], q.free[:n-1]
	} else {
		b = newBatch(q)
	}
	b.deadline = w.deadline
	b.add(w)
	w.state = leading // and so not one to be woken for its deadline
	for _, other := range followers {
		if b.used == maxEntries {
			break
		}
		b.add(other)
		other.state = following
	}
	return b
}

// share lets expire find the followers in b.
func (q *queue) share(b *batch) {
	if len(b.members) > 1 {
		q.shared = append(q.shared, b)
	}
}

func (q *queue) unshare(b *batch) {
	if i := slices.Index(q.shared, b); i >= 0 {
		q.shared = slices.Delete(q.shared, i, i+1)
	}
}

// handOver begins the next call in place of one that has returned: it makes one of
// the waiters its leader and returns it, to be woken. If no waiter is left, it counts
// one call less.
func (q *queue) handOver() *waiter {
	q.dropGone()
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
	b := q.fill(w, q.waiting[1:])
	q.waiting = slices.Delete(q.waiting, 0, len(b.members))
	w.batch = b
	q.share(b)
	return w
}

// lead makes the call of b, gives each member its result, and returns that of w.
func (q *queue) lead(b *batch, w *waiter, now time.Time) (count ratelimit.Count, leaseGranted int, err error) {
	// Not even a panic in a hook may leave a call counted that has ended.
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
		w.count, w.err = b.result(w) // also of one that is gone: no other caller reads it
	}
	q.mu.Lock()
	q.unshare(b)
	peak := q.peak
	if b.err != nil {
		q.peak = q.busy
	} else {
		q.inflight.note(now, now.Sub(began))
	}
	for i, w := range b.members {
		switch {
		case w == leader || w.state == gone:
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

// reuse keeps b for another call, unless it has not come to the end of its own:
// its context and its command are then in any state.
func (q *queue) reuse(b *batch) {
	if b.err == errAborted {
		return
	}
	b.reset()
	q.free = append(q.free, b)
}
