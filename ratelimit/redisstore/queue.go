package redisstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// This file is the path that every decision takes. It starts no goroutine; the
// work of many callers is done by one of them. Under its lock it only moves
// pointers.

const (
	// lanes is how many calls of a queue are under way at once. With one, the
	// server idles while we read its answer; with more, batches get smaller.
	lanes = 2

	// maxEntries is how many keys one call decides. At some microseconds each it
	// keeps a server, which does nothing else meanwhile, busy for less than one
	// millisecond.
	maxEntries = 128
)

// A queue commits in groups. A caller that finds a free lane makes its call at
// once, for itself alone. One that finds none waits; when a call returns, one of
// the waiting makes the next, for all of them. So a lone caller pays nothing,
// and the more there are the less each costs.
type queue struct {
	c    *counter
	tag  string
	mu   sync.Mutex
	busy int // lanes in use; while that is fewer than lanes, nobody waits

	waiting []*waiter
	free    []*batch
}

// A waiter is a caller's place in the queue. Whoever finds it in a state that
// nobody else will look at gives it back to the pool: a caller that has given up
// leaves it to the leader of its batch, which is still to write to it.
type waiter struct {
	key      [16]byte
	n        int
	atMost   bool
	deadline time.Time
	wake     chan struct{} // holds one

	// Under the lock of the queue:
	state state
	batch *batch // leading: what to do
	entry int    // in the batch
	rank  int    // among those that share the entry
	count ratelimit.Count
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

func (q *queue) take(ctx context.Context, now, deadline time.Time, key *[16]byte, n int, atMost bool) (ratelimit.Count, error) {
	w := waiters.Get().(*waiter)
	w.key, w.n, w.atMost, w.deadline, w.state = *key, n, atMost, deadline, queued
	q.mu.Lock()
	if q.busy < lanes {
		q.busy++
		b := q.fill(w, nil)
		q.mu.Unlock()
		return q.lead(b, w, now)
	}
	q.waiting = append(q.waiting, w)
	q.mu.Unlock()
	select {
	case <-w.wake:
	case <-ctx.Done():
		if !q.leave(w) {
			return ratelimit.Count{}, wrap(ctx.Err())
		}
	}
	// The lock was held by whoever woke us: what it wrote is ours now.
	if w.state == leading {
		return q.lead(w.batch, w, time.Now())
	}
	return w.release()
}

func (w *waiter) release() (ratelimit.Count, error) {
	count, err := w.count, w.err
	w.count, w.err, w.batch = ratelimit.Count{}, nil, nil
	waiters.Put(w)
	return count, err
}

// leave takes w out of the queue. It reports true if w has its answer, which is
// then as good as any; a call that w was to make is made by somebody else.
func (q *queue) leave(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch w.state {
	case decided:
		<-w.wake
		return true
	case leading:
		<-w.wake
		b := w.batch
		for _, other := range b.members {
			if other != w && other.state != gone {
				other.state = queued
				q.waiting = append(q.waiting, other)
			}
		}
		q.reuse(b)
		q.handOver()
	}
	w.state = gone // whoever meets it next drops it
	return false
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
	for _, other := range more {
		if b.used == maxEntries {
			break
		}
		b.add(other)
	}
	return b
}

// handOver gives the lane of a call that has returned to one of the waiting, or
// frees it.
func (q *queue) handOver() {
	q.waiting = slices.DeleteFunc(q.waiting, func(w *waiter) bool { return w.state == gone })
	if len(q.waiting) == 0 {
		q.busy--
		return
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
	for _, member := range b.members {
		member.state = flying
	}
	w.state, w.batch = leading, b
	w.wake <- struct{}{}
}

// lead makes the call of b and tells everybody in it, and then w.
func (q *queue) lead(b *batch, w *waiter, now time.Time) (ratelimit.Count, error) {
	// Not even a panic in a dialer may cost the queue a lane for good.
	b.err = errAborted
	defer q.land(b, w)
	b.err = b.call(now)
	return b.answer(w)
}

func (q *queue) land(b *batch, leader *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range b.members {
		switch {
		case w == leader || w.state == gone:
			_, _ = w.release()
		default:
			w.count, w.err = b.answer(w)
			w.state = decided
			w.wake <- struct{}{}
		}
	}
	q.reuse(b)
	q.handOver()
}

func (q *queue) reuse(b *batch) {
	b.reset()
	q.free = append(q.free, b)
}
