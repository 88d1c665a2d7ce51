package redisstore

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

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

// Nor do many that were closed at once, whatever is asked.
func TestManyIdleConnectionsThatWereClosed(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{Timeout: time.Second, Refusals: -1})
	c := open(t, s, "idle", ratelimit.PerHour(100))
	for round := range 4 {
		var all sync.WaitGroup
		for i := range 30 { // each on its own connection
			all.Go(func() {
				if err := c.Reset(ctx, keyOf(i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := s.client.PoolStats().TotalConns; n < 4 {
			t.Fatalf("%d connections", n)
		}
		if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * lookEvery)
		switch round {
		case 0:
			take(t, c, keyOf(1), 1, false)
		case 1:
			if err := c.Refund(ctx, keyOf(1), 1, 1); err != nil {
				t.Error(err)
			}
		case 2:
			l, err := s.Lockout("idle")
			if err == nil {
				_, err = l.(*logins).ask(ctx, step{op: "forget", account: keyOf(1)})
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}
