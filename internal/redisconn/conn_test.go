package redisconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func newConnPair(t *testing.T) (client *conn, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	inner, err := countingDialer(func(_ context.Context, network, addr string) (net.Conn, error) { return net.Dial(network, addr) }, new(serverState))(context.Background(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = inner.Close(), server.Close() })
	return inner.(*conn), server
}

// One deadline bounds both directions. A later deadline replaces it, and an expired
// deadline does not stay.
func TestConnDeadlines(t *testing.T) {
	c, peer := newConnPair(t)
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

// prepareForCommand makes the calls that go-redis makes before it writes a command, a
// while after the last command.
func prepareForCommand(c *conn) error {
	c.checkedAt = c.checkedAt.Add(-2 * checkEvery)
	_ = c.SetDeadline(time.Time{})
	return c.SetWriteDeadline(time.Now().Add(time.Second))
}

func TestConnIsCheckedPeriodically(t *testing.T) {
	c, peer := newConnPair(t)
	if _, ok := any(c).(syscall.Conn); ok {
		t.Error("go-redis can check the socket itself")
	}
	end := time.Now().Add(-time.Second) // an expired deadline must not hide the end
	for range 2 {
		if err := errors.Join(c.SetReadDeadline(end), prepareForCommand(c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := peer.Close(); err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Time{})
	if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Errorf("checked twice within %v: %v", checkEvery, err)
	}
	await(t, "the end", func() bool { return prepareForCommand(c) != nil })
	if err := prepareForCommand(c); !errors.Is(err, errUnsent) || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

func TestConnWithUnexpectedData(t *testing.T) {
	c, peer := newConnPair(t)
	if _, err := peer.Write([]byte("+OK\r\n")); err != nil {
		t.Fatal(err)
	}
	await(t, "the unexpected data", func() bool { return prepareForCommand(c) != nil })
	if err := prepareForCommand(c); !errors.Is(err, errUnexpectedData) {
		t.Errorf("%v", err)
	}
	_ = c.Close()
	if err := prepareForCommand(c); !errors.Is(err, errUnsent) {
		t.Errorf("%v", err)
	}
}

func TestConnThatCannotBeChecked(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if err := prepareForCommand(newConn(a, new(serverState))); err != nil {
		t.Errorf("%v", err)
	}
}

func TestConnChecksWithoutAllocating(t *testing.T) {
	c, _ := newConnPair(t)
	mwtest.MaxAllocs(t, "a check", 1, func() { // in the standard library, every 10 ms
		if err := prepareForCommand(c); err != nil {
			t.Fatal(err)
		}
	})
	mwtest.MaxAllocs(t, "a use", 0, func() {
		_ = c.SetDeadline(time.Time{})
	})
}

func TestDialErrorsAreReturned(t *testing.T) {
	c, err := countingDialer(func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }, nil)(context.Background(), "", "")
	if c != nil || !errors.Is(err, io.EOF) {
		t.Error(c, err)
	}
}
