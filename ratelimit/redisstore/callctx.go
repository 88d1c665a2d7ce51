package redisstore

import (
	"context"
	"sync"
	"time"
)

// A callCtx is the context of one call: a deadline and nothing else. A callCtx that has
// not expired can be used again, so the context of a call costs no allocation. It does
// not end with the request of the leader, which makes the call for its followers too.
//
// Its timer is not stopped when a call is over. The next deadline is almost always
// later, so fire sets the timer anew if it fires too early. Setting the timer for each
// call would wake the thread that waits for the network.
type callCtx struct {
	mu       sync.Mutex
	deadline time.Time
	firesAt  time.Time // when the timer fires; zero: never
	active   bool
	expired  bool
	done     chan struct{}
	timer    *time.Timer
}

func newCallCtx() *callCtx {
	c := &callCtx{done: make(chan struct{})}
	c.timer = time.AfterFunc(time.Hour, c.fire)
	c.timer.Stop()
	return c
}

// begin starts a call that ends at deadline.
func (c *callCtx) begin(now, deadline time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline, c.active = deadline, true
	if c.firesAt.IsZero() || deadline.Before(c.firesAt) {
		c.firesAt = deadline
		c.timer.Reset(max(deadline.Sub(now), 0))
	}
}

// end stops the call, and reports whether c can be used again.
func (c *callCtx) end() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = false
	return !c.expired
}

func (c *callCtx) fire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.firesAt = time.Time{}
	if !c.active || c.expired {
		return
	}
	if left := time.Until(c.deadline); left > 0 {
		c.firesAt = c.deadline
		c.timer.Reset(left)
		return
	}
	c.expired = true
	close(c.done)
}

func (c *callCtx) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *callCtx) Done() <-chan struct{}       { return c.done }
func (c *callCtx) Value(any) any               { return nil }

func (c *callCtx) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
