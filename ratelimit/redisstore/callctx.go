package redisstore

import (
	"context"
	"time"
)

// A callCtx is the context of one call: a deadline and nothing else. It can be
// used again as long as it has not expired, so a call costs no allocation for
// it; and it does not end with the request of whoever makes the call for others.
type callCtx struct {
	deadline time.Time
	done     chan struct{}
	timer    *time.Timer
}

func newCallCtx() *callCtx {
	c := &callCtx{done: make(chan struct{})}
	c.timer = time.AfterFunc(time.Hour, func() { close(c.done) })
	c.timer.Stop()
	return c
}

// begin starts the time.
func (c *callCtx) begin(now, deadline time.Time) {
	c.deadline = deadline
	c.timer.Reset(max(deadline.Sub(now), 0))
}

// end stops it, and reports whether c can be used again.
func (c *callCtx) end() bool { return c.timer.Stop() }

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
