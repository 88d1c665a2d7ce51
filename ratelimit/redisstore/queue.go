package redisstore

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// This file is the path that every decision takes. It starts no goroutine; the
// work of many callers is done by one of them. Under its lock it only moves
// pointers.

// A queue commits in groups. A caller that finds a free lane makes its call at
// once, for itself alone or with those that come at the same time. One that
// finds none waits; when a call returns, one of the waiting makes the next, for
// all of them. So a lone caller pays nothing, and the more there are the less
// each costs.
type queue struct {
	c     *counter
	tag   string
	pace  pace
	alarm alarm

	mu      sync.Mutex
	peak    int // most lanes in use since a call failed
	busy    int // lanes in use; while that is fewer than there are, nobody waits for long
	waiting []*waiter
	flying  []*batch // under way, with others than who makes the call
	free    []*batch

	// gathering: somebody with a lane is about to take those who wait.
	gathering bool
}

func newQueue(c *counter, tag string) *queue {
	q := &queue{c: c, tag: tag}
	q.alarm.init(q.ring)
	return q
}

// near is how much earlier than its own deadline a call may end for somebody who
// came while it was made ready.
const near = time.Millisecond

func (q *queue) take(ctx context.Context, now, deadline time.Time, key *[16]byte, n int, atMost bool, more int) (ratelimit.Count, int, error) {
	w := waiters.Get().(*waiter)
	w.key, w.n, w.atMost, w.deadline, w.more, w.state, w.late = *key, n, atMost, deadline, more, queued, false
	q.mu.Lock()
	if q.gathering || q.busy >= q.pace.lanes() {
		q.enqueue(w, now)
		q.mu.Unlock()
		return q.wait(ctx, w)
	}
	q.busy++
	q.peak = max(q.peak, q.busy)
	if q.busy > 1 {
		q.gather()
	}
	if q.hurried(w) {
		q.enqueue(w, now)
		next := q.handOver()
		q.mu.Unlock()
		next.wakeUp()
		return q.wait(ctx, w)
	}
	b := q.fill(w, q.waiting)
	q.waiting = slices.Delete(q.waiting, 0, len(b.members)-1)
	q.depart(b)
	var next *waiter
	if len(q.waiting) > 0 && q.busy < q.pace.lanes() { // there were too many for one call
		q.busy++
		q.peak = max(q.peak, q.busy)
		next = q.handOver()
	}
	q.mu.Unlock()
	next.wakeUp()
	return q.lead(b, w, now)
}

// gather lets those come who are about to: whoever finds others under way is
// mostly one of those whom a call has just answered, and goes on before the rest
// of them has run. Without it each of them takes a lane of its own until there
// are none. It is called, and returns, under the lock.
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
	q.forget()
}

func (q *queue) enqueue(w *waiter, now time.Time) {
	q.waiting = append(q.waiting, w)
	q.alarm.atLatest(now, w.deadline)
}

// forget drops those who wait no more.
func (q *queue) forget() {
	q.waiting = slices.DeleteFunc(q.waiting, func(w *waiter) bool { return w.state == gone || w.late })
}

// hurried reports whether w has not the time to make a call for the waiting.
func (q *queue) hurried(w *waiter) bool {
	limit := w.deadline.Add(near)
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
	// The lock was held by whoever woke us: what it wrote is ours now.
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

// leave takes w out of the queue. It reports true if w has its answer, which is
// then as good as any; a call that w was to make is made by somebody else.
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
		q.land(b)
		q.reuse(b)
		w.state = gone
		if next := q.handOver(); next != nil {
			next.wake <- struct{}{} // has room
		}
	}
	w.state = gone // whoever meets it next drops it
	return false
}

// ring wakes those who have no more time.
func (q *queue) ring() {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	var next time.Time
	check := func(ws []*waiter) {
		for _, w := range ws {
			switch {
			case w.state != queued && w.state != flying || w.late:
			case !now.Before(w.deadline):
				w.late = true
				w.wake <- struct{}{}
			case next.IsZero() || w.deadline.Before(next):
				next = w.deadline
			}
		}
	}
	check(q.waiting)
	for _, b := range q.flying {
		check(b.members)
	}
	q.alarm.rung(now, next)
}

// fill makes a batch of w and as many of more as fit, and returns it.
func (q *queue) fill(w *waiter, more []*waiter) *batch {
	var b *batch
	if n := len(q.free); n > 0 {
		b, q.free = q.free[n-1], q.free[:n-1]
	} else {
		b = newBatch(q)
	}
	b.deadline = w.deadline
	b.add(w)
	w.state = leading // and so not one to be woken for its deadline
	for _, other := range more {
		if b.used == maxEntries {
			break
		}
		b.add(other)
		other.state = flying
	}
	return b
}

func (q *queue) depart(b *batch) {
	if len(b.members) > 1 {
		q.flying = append(q.flying, b)
	}
}

func (q *queue) land(b *batch) {
	if i := slices.Index(q.flying, b); i >= 0 {
		q.flying = slices.Delete(q.flying, i, i+1)
	}
}

// handOver gives the lane of a call that has returned to one of the waiting, or
// frees it. Whom it returns is to be woken.
func (q *queue) handOver() *waiter {
	q.forget()
	if len(q.waiting) == 0 || q.gathering {
		q.busy--
		return nil
	}
	// A call ends at the deadline of who makes it. Nobody in it may have more
	// time than that, so it is made by the one with the most.
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
	q.depart(b)
	return w
}

// lead makes the call of b and tells everybody in it, and then w.
func (q *queue) lead(b *batch, w *waiter, now time.Time) (count ratelimit.Count, spare int, err error) {
	// Not even a panic in a hook may cost the queue a lane for good.
	b.err = errAborted
	defer q.finish(b, w, now)
	b.err = b.run(now)
	count, err = b.result(w)
	return count, b.spare(w), err
}

// finish tells the members of b, and lets the next call begin before that.
func (q *queue) finish(b *batch, leader *waiter, began time.Time) {
	now := time.Now()
	for _, w := range b.members {
		w.spare = b.spare(w)
		w.count, w.err = b.result(w) // also of one that is gone: nobody else reads it
	}
	q.mu.Lock()
	q.land(b)
	peak := q.peak
	if b.err != nil {
		q.peak = q.busy
	} else {
		q.pace.note(now, now.Sub(began))
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
	q.c.store.client.warmer.after(b.err, peak)
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
