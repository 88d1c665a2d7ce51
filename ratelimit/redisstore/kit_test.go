package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// The same values as in package redisconn.
const (
	poolSize    = 64
	hooksAtOnce = 16
	maxPrewarm  = 16
	checkEvery  = 10 * time.Millisecond
)

func dial(tb testing.TB, addr string) *redis.Client {
	tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func newStore(tb testing.TB, addr string, cfg Config) *Store {
	tb.Helper()
	return newStoreFor(tb, dial(tb, addr), cfg)
}

// newStoreFor returns a Store for client, and closes both at the end of the test.
func newStoreFor(tb testing.TB, client redis.UniversalClient, cfg Config) *Store {
	tb.Helper()
	s, err := New(client, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = s.Close(), client.Close() })
	return s
}

func open(tb testing.TB, s *Store, name string, limits ...ratelimit.Limit) *counter {
	tb.Helper()
	c, err := s.Open(name, limits)
	if err != nil {
		tb.Fatal(err)
	}
	return c.(*counter)
}

// newCounter returns a counter in a server of its own.
func newCounter(tb testing.TB, limits ...ratelimit.Limit) *counter {
	tb.Helper()
	return open(tb, newStore(tb, redistest.Start(tb).Addr, Config{Timeout: time.Second, Refusals: -1}), "test", limits...)
}

func keyOf(n int) (k [16]byte) {
	binary.BigEndian.PutUint64(k[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(k[8:], uint64(n))
	return k
}

func take(tb testing.TB, c *counter, key [16]byte, n int, atMost bool) ratelimit.Count {
	tb.Helper()
	count, err := c.Take(context.Background(), key, n, atMost)
	if err != nil {
		tb.Fatal(err)
	}
	return count
}

func kind(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind.String()
	}
	return ""
}

// stopServer stops a server: it still accepts connections and does not answer.
func stopServer(t *testing.T, s *redistest.Server) (resume func()) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	resume = sync.OnceFunc(func() { _ = syscall.Kill(s.PID(), syscall.SIGCONT) })
	t.Cleanup(resume)
	return resume
}

func await(t *testing.T, event string, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); <-time.After(5 * time.Millisecond) {
		if time.Since(begin) > 5*time.Second {
			t.Fatalf("timed out waiting for %s", event)
		}
	}
}

func newLimiter(t *testing.T, s *Store, cfg ratelimit.Config) *ratelimit.Limiter {
	t.Helper()
	cfg.Name, cfg.Store, cfg.Key = "limiter", s, ratelimit.ByClientIP
	if cfg.Limits == nil {
		cfg.Limits = []ratelimit.Limit{ratelimit.PerHour(20)}
	}
	l, err := ratelimit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
