package redisstore

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// A conn is a connection as go-redis uses it for us: one call at a time, each
// with one deadline. For every call go-redis clears both deadlines, looks
// whether the server has hung up, and sets both: four system calls and three
// allocations around a decision of two. A conn sets a deadline once a call, and
// looks if it has not done so for a while.
type conn struct {
	net.Conn
	raw   syscall.RawConn // nil: nothing to look at, as with TLS
	until time.Time       // what both deadlines are set to

	// looked is when, since epoch, the last real look was.
	looked atomic.Int64
	epoch  time.Time
}

// lookEvery is how long a connection is believed to be as it was. A server that
// hangs up meanwhile fails one call, as it does to those that are under way.
const lookEvery = 10 * time.Millisecond

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// dialing makes conns of what dial does.
func dialing(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newConn(inner), nil
	}
}

func newConn(inner net.Conn) *conn {
	c := &conn{Conn: inner, epoch: time.Now()}
	if s, ok := inner.(syscall.Conn); ok {
		c.raw, _ = s.SyscallConn() // an error says that it is closed, which the first use will find
	}
	return c
}

// SetDeadline clears nothing: whoever uses the connection sets its own.
func (c *conn) SetDeadline(t time.Time) error {
	if t.IsZero() {
		return nil
	}
	return c.set(t)
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.set(t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.set(t) }

func (c *conn) set(t time.Time) error {
	if t.Equal(c.until) {
		return nil
	}
	c.until = t
	return c.Conn.SetDeadline(t)
}

// SyscallConn is what go-redis looks through before it uses a connection again.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if c.raw == nil {
		return unseen{}, nil
	}
	now := int64(time.Since(c.epoch))
	if now-c.looked.Load() < int64(lookEvery) {
		return unseen{}, nil
	}
	c.looked.Store(now)
	// A deadline that has passed would hide what there is to see.
	c.until = time.Time{}
	return c.raw, c.Conn.SetDeadline(time.Time{})
}

// unseen is a connection that is not looked at.
type unseen struct{}

func (unseen) Control(func(uintptr)) error    { return nil }
func (unseen) Read(func(uintptr) bool) error  { return nil }
func (unseen) Write(func(uintptr) bool) error { return nil }
