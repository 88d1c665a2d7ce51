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

// A conn is a connection as go-redis uses it here: one call at a time, each with one
// deadline. For every call go-redis clears both deadlines, checks whether the server
// has hung up, and sets both deadlines: four system calls and three allocations, for a
// decision that needs two system calls itself. A conn sets a deadline once a call.
//
// A conn is no syscall.Conn, so go-redis cannot check it. It checks itself instead, at
// most once per checkEvery, when go-redis clears both deadlines before each use. If the
// connection turns out to be unusable, setting the next write deadline fails, before a
// byte is sent.
type conn struct {
	net.Conn
	raw      syscall.RawConn // nil: cannot be checked, as with TLS
	deadline time.Time       // the value of both deadlines

	peekFunc func(uintptr) bool // peek, bound once
	peekBuf  [1]byte            // used only by peek, as is peekErr
	peekErr  error
	unusable error // errUnsent with its cause

	answers     atomic.Int32  // answers heard, at most provenAnswers; closedMark after Close
	provenConns *atomic.Int64 // the number of proven connections to this server

	checkedAt time.Time // when the conn was last checked
}

// A connection is proven when it has heard two answers: to its greeting, and to a
// command of its first user.
const (
	provenAnswers = 2
	closedMark    = -1
)

// checkEvery is how long a check of a connection stays valid. A server that hangs up
// meanwhile fails one call, as it fails the calls that are under way.
const checkEvery = 10 * time.Millisecond

// errUnsent is the error of a connection that became unusable before it sent any byte
// of a command.
var errUnsent = errors.New("nothing was sent")

var errUnexpectedData = errors.New("an answer that nobody asked for")

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// countingDialer returns a dialer that makes conns, which add themselves to
// provenConns.
func countingDialer(dial dialer, provenConns *atomic.Int64) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newConn(inner, provenConns), nil
	}
}

func newConn(inner net.Conn, provenConns *atomic.Int64) *conn {
	c := &conn{Conn: inner, provenConns: provenConns, checkedAt: time.Now()}
	c.peekFunc = c.peek
	if s, ok := inner.(syscall.Conn); ok {
		c.raw, _ = s.SyscallConn() // an error means that the connection is closed, and its first use will find that
	}
	return c
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if heard := c.answers.Load(); n > 0 && heard >= 0 && heard < provenAnswers {
		if c.answers.CompareAndSwap(heard, heard+1) && heard+1 == provenAnswers {
			c.provenConns.Add(1)
		}
	}
	return n, err
}

func (c *conn) Close() error {
	if c.answers.Swap(closedMark) == provenAnswers {
		c.provenConns.Add(-1)
	}
	return c.Conn.Close()
}

// SetDeadline clears no deadline: each user of the connection sets its own.
func (c *conn) SetDeadline(t time.Time) error {
	if t.IsZero() {
		c.checkPeer()
		return nil
	}
	return c.setDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadline(t) }

// go-redis calls SetWriteDeadline once before it writes a command.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.unusable != nil {
		return c.unusable
	}
	return c.setDeadline(t)
}

func (c *conn) checkPeer() {
	if c.raw == nil {
		return
	}
	now := time.Now()
	if now.Sub(c.checkedAt) < checkEvery {
		return
	}
	c.checkedAt, c.deadline = now, time.Time{}
	// An expired deadline would make the check fail without looking at the socket.
	err := c.Conn.SetDeadline(time.Time{})
	if err == nil {
		err = c.raw.Read(c.peekFunc)
	}
	if err = cmp.Or(err, c.peekErr); err != nil {
		c.unusable = fmt.Errorf("%w: %w", errUnsent, err)
	}
}

func (c *conn) setDeadline(t time.Time) error {
	if t.Equal(c.deadline) {
		return nil
	}
	c.deadline = t
	return c.Conn.SetDeadline(t)
}
