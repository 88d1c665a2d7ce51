package redisconn

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// newClient returns a Client of the server at addr, and the number of dials to it.
func newClient(t *testing.T, addr string, scripts ...string) (*Client, *atomic.Int64) {
	t.Helper()
	dials := new(atomic.Int64)
	given := redis.NewClient(&redis.Options{Addr: addr, Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}})
	t.Cleanup(func() { _ = given.Close() })
	c, err := New(given, scripts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, dials
}

func (w *prewarmer) isBusy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy
}

// Prewarm makes as many connections as wanted and loads the scripts. A second Prewarm
// finds nothing missing.
func TestPrewarm(t *testing.T) {
	const script = "return 'known'"
	server := redistest.Start(t)
	c, dials := newClient(t, server.Addr, script)
	for range 3 {
		c.Prewarm(5)
		await(t, "the end", func() bool { return !c.prewarmer.isBusy() })
		if n := dials.Load(); n != 5 {
			t.Fatalf("%d connections", n)
		}
	}
	if v, err := c.EvalSha(t.Context(), redis.NewScript(script).Hash(), nil).Result(); err != nil || v != "known" {
		t.Error(v, err)
	}
	c.Prewarm(1000)
	await(t, "the end", func() bool { return !c.prewarmer.isBusy() })
	if n := dials.Load(); n > 5+maxPrewarm {
		t.Errorf("%d connections", n)
	}
}

// Close ends a hanging prewarm at once, and no prewarm begins after it.
func TestPrewarmEndsWithClose(t *testing.T) {
	server := redistest.Start(t)
	c, dials := newClient(t, server.Addr)
	server.Freeze()
	c.Prewarm(3)
	await(t, "connections", func() bool { return dials.Load() > 0 })
	begin := time.Now()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > ioTimeout/2 {
		t.Errorf("Close took %v", took)
	}
	if c.prewarmer.isBusy() {
		t.Error("the prewarmer is busy after Close")
	}
	c.Prewarm(3)
	if c.prewarmer.isBusy() {
		t.Error("the prewarmer has started after Close")
	}
}
