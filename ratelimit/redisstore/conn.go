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

	answers atomic.Int32  // that it has heard, at most proven; ended: closed
	known   *atomic.Int64 // how many connections to this server are proven

	// looked is when, since epoch, the last real look was.
	looked atomic.Int64
	epoch  time.Time
}

// A connection is proven when it has heard two answers: to its greeting, and to
// something that it was made for.
const (
	proven = 2
	ended  = -1
)

// lookEvery is how long a connection is believed to be as it was. A server that
// hangs up meanwhile fails one call, as it does to those that are under way.
const lookEvery = 10 * time.Millisecond

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// dialing makes conns of what dial does, which count themselves in known.
func dialing(dial dialer, known *atomic.Int64) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newConn(inner, known), nil
	}
}

func newConn(inner net.Conn, known *atomic.Int64) *conn {
	c := &conn{Conn: inner, known: known, epoch: time.Now()}
	if s, ok := inner.(syscall.Conn); ok {
		c.raw, _ = s.SyscallConn() // an error says that it is closed, which the first use will find
	}
	return c
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if heard := c.answers.Load(); n > 0 && heard >= 0 && heard < proven {
		if c.answers.CompareAndSwap(heard, heard+1) && heard+1 == proven {
			c.known.Add(1)
		}
	}
	return n, err
}

func (c *conn) Close() error {
	if c.answers.Swap(ended) == proven {
		c.known.Add(-1)
	}
	return c.Conn.Close()
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
