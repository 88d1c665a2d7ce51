package redisconn

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// masterEvery is how often a Client in use looks for the master.
const masterEvery = time.Second

// failoverAddr is the text that redis.NewFailoverClient writes in place of an address.
const failoverAddr = "FailoverClient"

// A masterTracker keeps a client on the master that the sentinels name. When the
// sentinels name another master, the given client closes its own connections but does
// not know the connections made here. An old master that lives on would be asked for
// ever, and its counts are lost when it becomes a replica.
//
// Only the dialer of the given client finds the master. So while there are calls, the
// tracker dials once a second in the background. As soon as a dial reaches another
// server, no earlier connection is used again.
type masterTracker struct {
	dial       func(ctx context.Context, network, addr string) (net.Conn, error)
	nextCheck  atomic.Int64 // Unix time in nanoseconds of the next check
	checking   atomic.Bool  // a check is under way
	lastTicket atomic.Int64 // ticket of the latest dial

	mu     sync.Mutex // serializes the writers of the fields below
	ticket int64      // of the dial that found the master
	master atomic.Pointer[string]
}

var errReplaced = fmt.Errorf("%w: the master has been replaced: %w", errUnsent, net.ErrClosed)

// trackMaster makes the client of o follow the master if the sentinels determine its
// address.
func trackMaster(o *redis.Options) *redis.Options {
	if o.Addr == failoverAddr && o.Dialer != nil {
		o.Dialer = (&masterTracker{dial: o.Dialer}).connect
	}
	return o
}

func (m *masterTracker) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	ticket := m.lastTicket.Add(1)
	conn, err := m.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &masterConn{Conn: conn, tracker: m}
	if a := conn.RemoteAddr(); a != nil {
		c.addr = a.String()
	}
	m.recordMaster(ticket, c.addr)
	return c, nil
}

// recordMaster records the server that a dial has reached, unless a dial that began
// later has already been recorded.
func (m *masterTracker) recordMaster(ticket int64, addr string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ticket > m.ticket {
		m.ticket = ticket
		m.master.Store(&addr)
	}
}

// check dials to find the master if the last check is old enough. It never waits.
func (m *masterTracker) check() {
	now, at := time.Now().UnixNano(), m.nextCheck.Load()
	if now < at || !m.nextCheck.CompareAndSwap(at, now+int64(masterEvery)) || !m.checking.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer m.checking.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		_ = Recovered(func() error { // a master that is not found now is looked for again
			conn, err := m.connect(ctx, "tcp", failoverAddr)
			if err != nil {
				return err
			}
			return conn.Close()
		})
	}()
}

// A masterConn is a connection to the server that was the master when the connection
// was made.
type masterConn struct {
	net.Conn
	tracker *masterTracker
	addr    string
}

func (c *masterConn) replaced() bool { return *c.tracker.master.Load() != c.addr }

// go-redis calls SetWriteDeadline once before it writes a command. An error here keeps
// the command from a replaced master.
func (c *masterConn) SetWriteDeadline(t time.Time) error {
	if c.tracker.check(); c.replaced() {
		return errReplaced
	}
	return c.Conn.SetWriteDeadline(t)
}
