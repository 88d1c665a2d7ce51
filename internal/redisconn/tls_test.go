package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// socketless hides the socket of a connection, as the connection of a custom dialer may.
type socketless struct{ net.Conn }

// All connections of a pool were closed by the server or by a balancer, while no call was
// under way. No call fails for it if the Client can look at the socket, also below TLS, and
// else one call.
func TestClosedConnectionsFailNoCall(t *testing.T) {
	server, config := redistest.StartTLS(t)
	hide := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		return socketless{c}, err
	}
	for name, tt := range map[string]struct {
		options redis.Options
		fail    int
	}{
		"plain":            {redis.Options{Addr: server.Addr}, 0},
		"TLS":              {redis.Options{Addr: server.TLSAddr, TLSConfig: config}, 0},
		"TLS 1.2":          {redis.Options{Addr: server.TLSAddr, TLSConfig: atMost(config, tls.VersionTLS12)}, 0},
		"without a socket": {redis.Options{Addr: server.Addr, Dialer: hide}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			given := redis.NewClient(&tt.options)
			defer given.Close()
			c, err := New(given)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for range 3 {
				hold(t, c, 20)
				if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal"); err != nil {
					t.Fatal(err)
				}
				<-time.After(3 * checkEvery)
				failed := 0
				for range 30 {
					if err := call(t, c); err != nil {
						failed++
					}
				}
				if failed > tt.fail {
					t.Errorf("%d of 30 calls failed, want at most %d", failed, tt.fail)
				}
			}
		})
	}
}

func atMost(c *tls.Config, version uint16) *tls.Config {
	c = c.Clone()
	c.MaxVersion = version
	return c
}

// hold uses n connections at the same time.
func hold(t *testing.T, c *Client, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			cmd := redis.NewStringCmd(t.Context(), "blpop", "no such list", "0.05")
			if err := c.Process(t.Context(), cmd); !errors.Is(err, redis.Nil) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func call(t *testing.T, c *Client) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return c.Process(ctx, redis.NewStatusCmd(ctx, "ping"))
}

// A server sends TLS session tickets before its first answer. They do not make a new
// connection unusable. Later data does, and so do tickets on a connection that was never
// used, because they may hide its end.
func TestSessionTickets(t *testing.T) {
	c, peer := newConnPair(t)
	c.wrapped = true
	if _, err := peer.Write([]byte("a ticket")); err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Millisecond)
	if err := prepareForCommand(c); err != nil {
		t.Error(err)
	}
	c.madeAt = c.madeAt.Add(-ioTimeout)
	if err := prepareForCommand(c); !errors.Is(err, errUnexpectedData) {
		t.Error(err)
	}
	c.unusable = nil
	if _, err := c.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := prepareForCommand(c); !errors.Is(err, errUnexpectedData) {
		t.Error(err)
	}
}

// A handshake that hangs ends with the context of the dial, and a dialer of the user is
// left as it is.
func TestHangingHandshakeEnds(t *testing.T) {
	server, config := redistest.StartTLS(t)
	client := redis.NewClient(&redis.Options{Addr: server.TLSAddr, TLSConfig: config})
	defer client.Close()
	server.Freeze()
	defer server.Thaw()
	for _, o := range []*redis.Options{client.Options(), {Addr: server.TLSAddr, TLSConfig: config}} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		begin := time.Now()
		_, err := dialerOf(o)(ctx, "tcp", o.Addr)
		if took := time.Since(begin); err == nil || took > ioTimeout/2 {
			t.Errorf("%v after %v", err, took)
		}
		cancel()
	}
	failed := errors.New("of the user")
	theirs := func(context.Context, string, string) (net.Conn, error) { return nil, failed }
	client = redis.NewClient(&redis.Options{Addr: server.TLSAddr, TLSConfig: config, Dialer: theirs})
	defer client.Close()
	if _, err := dialerOf(client.Options())(t.Context(), "tcp", ""); !errors.Is(err, failed) {
		t.Error(err)
	}
}

// loop is a connection that wraps itself.
type loop struct{ net.Conn }

func (l loop) NetConn() net.Conn { return l }

func TestSocketOf(t *testing.T) {
	pair, _ := newConnPair(t)
	tcp := pair.Conn
	for name, tt := range map[string]struct {
		c               net.Conn
		socket, wrapped bool
	}{
		"TCP":                {tcp, true, false},
		"TLS":                {tls.Client(tcp, &tls.Config{MinVersion: tls.VersionTLS12}), true, true},
		"no socket":          {socketless{tcp}, false, false},
		"TLS without socket": {tls.Client(socketless{tcp}, &tls.Config{MinVersion: tls.VersionTLS12}), false, true},
		"a loop":             {loop{}, false, true},
	} {
		if socket, wrapped := socketOf(tt.c); (socket != nil) != tt.socket || wrapped != tt.wrapped {
			t.Errorf("%s: %v %v", name, socket, wrapped)
		}
	}
}

// A connection that breaks in use makes the idle connections to its server unusable. A
// call that ran out of time does not, and neither does a Close.
func TestOneBreakMakesIdleConnectionsUnusable(t *testing.T) {
	state := new(serverState)
	connect := func() (*conn, net.Conn) {
		a, b := net.Pipe()
		t.Cleanup(func() { _, _ = a.Close(), b.Close() })
		return newConn(a, state), b
	}
	idle, _ := connect()
	slow, _ := connect()
	closed, _ := connect()
	_ = slow.SetReadDeadline(time.Now().Add(-time.Second))
	_, _ = slow.Read(make([]byte, 1))
	_ = closed.Close()
	_, _ = closed.Read(make([]byte, 1))
	_, _ = closed.Write(make([]byte, 1))
	if err := prepareForCommand(idle); err != nil {
		t.Fatal(err)
	}
	busy, answer := connect()
	broken, peer := connect()
	_ = peer.Close()
	if _, err := broken.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	go answer.Write(make([]byte, 1))
	if _, err := busy.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := prepareForCommand(idle); !errors.Is(err, errUnsent) || !errors.Is(err, errOthersBroke) {
		t.Errorf("idle: %v", err)
	}
	later, _ := connect()
	if err := errors.Join(prepareForCommand(busy), prepareForCommand(later)); err != nil {
		t.Errorf("one that heard an answer since, or one that was made since: %v", err)
	}
}
