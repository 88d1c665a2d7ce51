package redisstore

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func pair(t *testing.T) (ours *conn, theirs net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	inner, err := dialing(func(_ context.Context, network, addr string) (net.Conn, error) { return net.Dial(network, addr) }, new(atomic.Int64))(context.Background(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = inner.Close(), theirs.Close() })
	return inner.(*conn), theirs
}

// One deadline bounds both directions, a later one replaces it, and one that has
// passed does not stay.
func TestConnDeadlines(t *testing.T) {
	c, peer := pair(t)
	buf := make([]byte, 1)
	for range 2 {
		end := time.Now().Add(5 * time.Millisecond)
		if err := errors.Join(c.SetWriteDeadline(end), c.SetReadDeadline(end)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().Before(end) {
			t.Fatal(err)
		}
		if _, err := c.Write(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if err := errors.Join(c.SetDeadline(time.Time{}), c.SetWriteDeadline(time.Now().Add(time.Second)), c.SetDeadline(time.Now().Add(2*time.Second))); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
}

// look is what go-redis does before it uses a connection again.
func look(t *testing.T, c *conn) (looked bool) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if _, blind := raw.(unseen); blind {
		if errors.Join(raw.Read(nil), raw.Write(nil), raw.Control(nil)) != nil {
			t.Error("an error of what is not looked at")
		}
		return false
	}
	_ = raw.Read(func(uintptr) bool { looked = true; return true })
	return looked
}

func TestConnIsLookedAtNowAndThen(t *testing.T) {
	c, _ := pair(t)
	if looked := look(t, c); looked {
		t.Error("a new connection")
	}
	c.epoch = c.epoch.Add(-2 * lookEvery)
	if looked := look(t, c); !looked {
		t.Error("an old connection is not looked at")
	}
	if looked := look(t, c); looked {
		t.Error("twice")
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	opaque := newConn(a, new(atomic.Int64))
	opaque.epoch = opaque.epoch.Add(-time.Hour)
	if looked := look(t, opaque); looked {
		t.Error("looked into what cannot be looked into")
	}
}

func TestDialErrorsPass(t *testing.T) {
	c, err := dialing(func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }, nil)(context.Background(), "", "")
	if c != nil || !errors.Is(err, io.EOF) {
		t.Error(c, err)
	}
}

// A server that has hung up while nobody asked costs nobody a decision.
func TestIdleConnectionsThatWereClosed(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "idle", ratelimit.PerHour(100))
	for range 5 {
		take(t, c, keyOf(1), 1, false)
		if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * lookEvery)
	}
	if left := take(t, c, keyOf(1), 0, false).Left; left != 95 {
		t.Errorf("%d left", left)
	}
}
