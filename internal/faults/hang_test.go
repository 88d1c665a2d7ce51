package faults

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// hang stops the process of the server. Connections stay open and no command is
// answered, as behind a black hole in the network.
func hang(t *testing.T, s *redistest.Server) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

// With the client's default options a context deadline does not end a command that is
// on the wire. Every store of the library must therefore bring its own budget. If this
// test fails one day, the budget may be superfluous.
func TestClientIgnoresDeadlinesByDefault(t *testing.T) {
	const budget, limit = 25 * time.Millisecond, 600 * time.Millisecond
	for name, enabled := range map[string]bool{"default": false, "ContextTimeoutEnabled": true} {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t)
			c := redis.NewClient(&redis.Options{Addr: s.Addr, ReadTimeout: limit, MaxRetries: -1, ContextTimeoutEnabled: enabled})
			defer c.Close()
			if err := c.Ping(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			hang(t, s)
			ctx, cancel := context.WithTimeout(t.Context(), budget)
			defer cancel()
			start := time.Now()
			err := c.Ping(ctx).Err()
			took := time.Since(start)
			if err == nil {
				t.Fatal("a stopped server answered")
			}
			if kept := took < limit/2; kept != enabled {
				t.Errorf("returned after %v with a budget of %v", took, budget)
			}
		})
	}
}
