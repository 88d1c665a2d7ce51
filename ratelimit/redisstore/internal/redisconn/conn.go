package redisconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// A conn is a connection as go-redis uses it for us: one call at a time, each
// with one deadline. For every call go-redis clears both deadlines, looks
// whether the server has hung up, and sets both: four system calls and three
// allocations around a decision of two. A conn sets a deadline once a call. It
// hides from go-redis that there is anything to look at, and looks itself if it
// has not done so for a while: when both deadlines are cleared, which is before
// each use. What is then found to be of no use says so when a deadline is set for
// writing, before a byte is sent.
type conn struct {
	net.Conn
	raw   syscall.RawConn // nil: nothing to look at, as with TLS
	until time.Time       // what both deadlines are set to

	peeks func(uintptr) bool // peek, bound once
	buf   [1]byte            // of peek, as is
	seen  error
	dead  error // errUnsent, and why

	answers atomic.Int32  // that it has heard, at most proven; ended: closed
	known   *atomic.Int64 // how many connections to this server are proven

	looked time.Time // when it last was
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

// errUnsent is the error of a connection that was of no use before anything of a
// command was sent.
var errUnsent = errors.New("nothing was sent")

var errUninvited = errors.New("an answer that nobody asked for")

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// countingDialer returns a dialer that makes conns, which count themselves in known.
func countingDialer(dial dialer, known *atomic.Int64) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newConn(inner, known), nil
	}
}

func newConn(inner net.Conn, known *atomic.Int64) *conn {
	c := &conn{Conn: inner, known: known, looked: time.Now()}
	c.peeks = c.peek
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
		c.look()
		return nil
	}
	return c.set(t)
}

func (c *conn) SetReadDeadline(t time.Time) error { return c.set(t) }

// SetWriteDeadline is what go-redis does once before it writes a command.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.dead != nil {
		return c.dead
	}
	return c.set(t)
}

func (c *conn) look() {
	if c.raw == nil {
		return
	}
	now := time.Now()
	if now.Sub(c.looked) < lookEvery {
		return
	}
	c.looked, c.until = now, time.Time{}
	// A deadline that has passed would hide what there is to see.
	err := c.Conn.SetDeadline(time.Time{})
	if err == nil {
		err = c.raw.Read(c.peeks)
	}
	if err = cmp.Or(err, c.seen); err != nil {
		c.dead = fmt.Errorf("%w: %w", errUnsent, err)
	}
}

func (c *conn) set(t time.Time) error {
	if t.Equal(c.until) {
		return nil
	}
	c.until = t
	return c.Conn.SetDeadline(t)
}
