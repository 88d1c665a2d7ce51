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

// masterEvery is how often a Client that is in use looks for the master.
const masterEvery = time.Second

// failoverAddr is what redis.NewFailoverClient writes in place of an address.
const failoverAddr = "FailoverClient"

// A masterTracker keeps to the master that the sentinels name. The client that was
// given closes its own connections when they name another, and knows nothing of the
// ones made here; an old master that lives on would be asked for ever, and its counts
// are lost when it is made a replica. Only the dialer of that client finds the master,
// so while there are calls the tracker dials once a second, in the background, and as
// soon as it lands elsewhere no connection that was made before is used again.
type masterTracker struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	next atomic.Int64 // Unix time in nanoseconds from which on to look again
	busy atomic.Bool  // a check is under way
	last atomic.Int64 // ticket of the latest dial

	mu     sync.Mutex // of the writers:
	ticket int64      // of the dial that found it
	master atomic.Pointer[string]
}

var errReplaced = fmt.Errorf("%w: the master has been replaced: %w", errUnsent, net.ErrClosed)

// trackMaster has the client of o keep to the master if its address is for the
// sentinels to say.
func trackMaster(o *redis.Options) *redis.Options {
	if o.Addr == failoverAddr && o.Dialer != nil {
		o.Dialer = (&masterTracker{dial: o.Dialer}).connect
	}
	return o
}

func (m *masterTracker) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	ticket := m.last.Add(1)
	conn, err := m.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &masterConn{Conn: conn, tracker: m}
	if a := conn.RemoteAddr(); a != nil {
		c.addr = a.String()
	}
	m.found(ticket, c.addr)
	return c, nil
}

// found is told where a dial has landed. One that began before another says
// nothing against that.
func (m *masterTracker) found(ticket int64, addr string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ticket > m.ticket {
		m.ticket = ticket
		m.master.Store(&addr)
	}
}

// check dials to find the master, if it is time to. It never waits.
func (m *masterTracker) check() {
	now, at := time.Now().UnixNano(), m.next.Load()
	if now < at || !m.next.CompareAndSwap(at, now+int64(masterEvery)) || !m.busy.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer m.busy.Store(false)
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

// masterConn is a connection to the server that was the master when it was made.
type masterConn struct {
	net.Conn
	tracker *masterTracker
	addr    string
}

func (c *masterConn) replaced() bool { return *c.tracker.master.Load() != c.addr }

// SetWriteDeadline is what go-redis does once before it writes a command: none is
// begun to a master that was replaced.
func (c *masterConn) SetWriteDeadline(t time.Time) error {
	if c.tracker.check(); c.replaced() {
		return errReplaced
	}
	return c.Conn.SetWriteDeadline(t)
}
