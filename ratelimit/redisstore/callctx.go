package redisstore

import (
	"context"
	"sync"
	"time"
)

// A callCtx is the context of one call: a deadline and nothing else. It can be
// used again as long as it has not expired, so a call costs no allocation for
// it; and it does not end with the request of whoever makes the call for others.
//
// Its timer is not stopped when a call is over. The next deadline is almost
// always later, so the timer is left to find that out when it fires: to set one
// anew for each call wakes the thread that waits for the network.
type callCtx struct {
	mu       sync.Mutex
	deadline time.Time
	set      time.Time // when the timer fires; zero: never
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

// begin starts the time.
func (c *callCtx) begin(now, deadline time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline, c.active = deadline, true
	if c.set.IsZero() || deadline.Before(c.set) {
		c.set = deadline
		c.timer.Reset(max(deadline.Sub(now), 0))
	}
}

// end stops it, and reports whether c can be used again.
func (c *callCtx) end() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active = false
	return !c.expired
}

func (c *callCtx) fire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = time.Time{}
	if !c.active || c.expired {
		return
	}
	if left := time.Until(c.deadline); left > 0 {
		c.set = c.deadline
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
