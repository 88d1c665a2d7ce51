package redisstore

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// masterEvery is how often a Store that is in use looks where the master is.
const masterEvery = time.Second

// failoverAddr is what redis.NewFailoverClient writes in place of an address.
const failoverAddr = "FailoverClient"

// A follower keeps to the master that the sentinels name. The client that it
// comes from closes its own connections when they name another, and knows
// nothing of ours; an old master that lives on would be asked for ever, and count
// what is lost when it is made a replica. The dialler of that client is all that
// tells where the master is, so while there are calls it dials once a second, in
// the background, and as soon as it lands elsewhere no connection that was made
// before is used again.
type follower struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	next atomic.Int64 // Unix time in nanoseconds from which on to look again
	busy atomic.Bool  // a look is under way
	last atomic.Int64 // ticket of the latest dial

	mu     sync.Mutex // of those who write:
	ticket int64      // of the dial that found it
	master atomic.Pointer[string]
}

var errReplaced = fmt.Errorf("%w: the master has been replaced: %w", errUnsent, net.ErrClosed)

// follow has the client of o follow the master if its address is for the
// sentinels to say.
func follow(o *redis.Options) *redis.Options {
	if o.Addr == failoverAddr && o.Dialer != nil {
		o.Dialer = (&follower{dial: o.Dialer}).connect
	}
	return o
}

func (f *follower) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	ticket := f.last.Add(1)
	conn, err := f.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &followed{Conn: conn, f: f}
	if a := conn.RemoteAddr(); a != nil {
		c.addr = a.String()
	}
	f.found(ticket, c.addr)
	return c, nil
}

// found is told where a dial has landed. One that began before another says
// nothing against that.
func (f *follower) found(ticket int64, addr string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ticket > f.ticket {
		f.ticket = ticket
		f.master.Store(&addr)
	}
}

// look looks where the master is, if it is time to. It never waits.
func (f *follower) look() {
	now, at := time.Now().UnixNano(), f.next.Load()
	if now < at || !f.next.CompareAndSwap(at, now+int64(masterEvery)) || !f.busy.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer f.busy.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		_ = recovered(func() error { // what cannot be found now is looked for again
			conn, err := f.connect(ctx, "tcp", failoverAddr)
			if err != nil {
				return err
			}
			return conn.Close()
		})
	}()
}

// followed is a connection to what was the master.
type followed struct {
	net.Conn
	f    *follower
	addr string
}

func (c *followed) replaced() bool { return *c.f.master.Load() != c.addr }

// SetWriteDeadline is what go-redis does once before it writes a command: none is
// begun to a master that was replaced.
func (c *followed) SetWriteDeadline(t time.Time) error {
	if c.f.look(); c.replaced() {
		return errReplaced
	}
	return c.Conn.SetWriteDeadline(t)
}
