package redisconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
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
//
// The socket shows no connection that a balancer has forgotten, and some connections have
// no socket to look at. So when one connection breaks, all connections to that server that
// have heard nothing since are unusable too.
type conn struct {
	net.Conn
	raw      syscall.RawConn // nil: there is no socket to look at
	wrapped  bool            // the socket carries another protocol, such as TLS
	deadline time.Time       // the value of both deadlines

	peekFunc func(uintptr) bool // peek, bound once
	peekBuf  [1]byte            // used only by peek, as is peekErr
	peekErr  error
	unusable error // errUnsent with its cause

	answers atomic.Int32 // answers heard, at most provenAnswers; closedMark after Close
	server  *serverState
	breaks  int64 // server.breaks when the last answer was heard

	madeAt, checkedAt time.Time // when the conn was made, and last checked
}

// A serverState counts the events of all connections to one address.
type serverState struct {
	proven atomic.Int64 // the number of proven connections
	breaks atomic.Int64 // how often a connection broke while it was in use
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

var (
	errUnexpectedData = errors.New("an answer to no command")
	errOthersBroke    = errors.New("another connection to the server has broken since the last answer")
)

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// countingDialer returns a dialer that makes conns, which count their events in s.
func countingDialer(dial dialer, s *serverState) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return newConn(inner, s), nil
	}
}

func newConn(inner net.Conn, server *serverState) *conn {
	now := time.Now()
	c := &conn{Conn: inner, server: server, breaks: server.breaks.Load(), madeAt: now, checkedAt: now}
	c.peekFunc = c.peek
	var s syscall.Conn
	if s, c.wrapped = socketOf(inner); s != nil {
		c.raw, _ = s.SyscallConn() // an error means that the connection is closed, and its first use will find that
	}
	return c
}

// socketOf returns the socket under c, or nil. A tls.Conn is no syscall.Conn, and has the
// method NetConn.
func socketOf(c net.Conn) (socket syscall.Conn, wrapped bool) {
	for range 8 { // a chain that is longer may lead back to itself
		if s, ok := c.(syscall.Conn); ok {
			return s, wrapped
		}
		w, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return nil, wrapped
		}
		c, wrapped = w.NetConn(), true
	}
	return nil, wrapped
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.recordBreak(err)
	if n > 0 {
		c.breaks = c.server.breaks.Load()
	}
	if heard := c.answers.Load(); n > 0 && heard >= 0 && heard < provenAnswers {
		if c.answers.CompareAndSwap(heard, heard+1) && heard+1 == provenAnswers {
			c.server.proven.Add(1)
		}
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.recordBreak(err)
	return n, err
}

// recordBreak makes the idle connections to the server unusable if err says that this
// connection broke, and not that its caller had no more time.
func (c *conn) recordBreak(err error) {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) {
		return
	}
	c.server.breaks.Add(1)
}

func (c *conn) Close() error {
	if c.answers.Swap(closedMark) == provenAnswers {
		c.server.proven.Add(-1)
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
	if c.breaks != c.server.breaks.Load() {
		c.unusable = fmt.Errorf("%w: %w", errUnsent, errOthersBroke)
		return
	}
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
	// A server sends TLS session tickets before its first answer. On a connection that was
	// never used, the end of the connection may follow behind them.
	isTicket := c.wrapped && c.answers.Load() == 0 && now.Sub(c.madeAt) < ioTimeout
	if err = cmp.Or(err, c.peekErr); err == errUnexpectedData && isTicket {
		err = nil
	}
	if err != nil {
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
