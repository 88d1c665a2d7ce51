package redisstore

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A server that has closed idle connections costs no decision.
func TestIdleConnectionsThatWereClosed(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "idle", ratelimit.PerHour(100))
	for range 5 {
		take(t, c, keyOf(1), 1, false)
		if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * checkEvery)
	}
	if left := take(t, c, keyOf(1), 0, false).Left; left != 95 {
		t.Errorf("%d left", left)
	}
}

// Many connections that were closed at once cost no call either, whichever call comes
// first.
func TestManyIdleConnectionsThatWereClosed(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{Timeout: time.Second, Refusals: -1})
	c := open(t, s, "idle", ratelimit.PerHour(100))
	for round := range 4 {
		await(t, "several connections", func() bool { // a busy machine may run one call after the other
			var all sync.WaitGroup
			for i := range 30 { // each on its own connection
				all.Go(func() {
					if err := c.Reset(ctx, keyOf(i)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			return s.client.PoolStats().TotalConns >= 4
		})
		if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * checkEvery)
		switch round {
		case 0:
			take(t, c, keyOf(1), 1, false)
		case 1:
			if err := c.Refund(ctx, keyOf(1), 1, ratelimit.Stamp{}); err != nil {
				t.Error(err)
			}
		case 2:
			l, err := s.Lockout("idle")
			if err == nil {
				_, err = l.(*lockoutStore).runStep(ctx, step{op: "forget", account: keyOf(1)})
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// A foreign value in a key is an answer about that key. It does not open the breaker
// for the other keys.
func TestForeignValueDoesNotOpenTheBreaker(t *testing.T) {
	ctx := context.Background()
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second, Refusals: -1})
	l := newLimiter(t, s, ratelimit.Config{Budget: time.Second, OnState: func(_ string, err error) { t.Errorf("%v", err) }})
	bad := ratelimit.StringKey("bad")
	l.Take(ctx, bad, 1)
	names, err := s.client.Keys(ctx, "*").Result()
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if err := s.client.Set(ctx, names[0], "something else", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if d := l.Take(ctx, bad, 1); !d.Degraded || !d.Allowed || kind(d.Err) != "corrupt" {
			t.Errorf("%+v", d)
		}
	}
	if d := l.Take(ctx, ratelimit.StringKey("good"), 1); d.Degraded || !d.Allowed {
		t.Errorf("another key: %+v", d)
	}
}

// A refusal from the cache is no sign that a stopped server is back.
func TestCachedRefusalDoesNotCloseTheBreaker(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	var states []error
	l := newLimiter(t, newStore(t, server.Addr, Config{}), ratelimit.Config{
		OnFailure: ratelimit.FailClosed, OnState: func(_ string, err error) { states = append(states, err) },
	})
	hot := ratelimit.StringKey("refused")
	l.Take(ctx, ratelimit.StringKey("warm"), 1)
	l.Take(ctx, hot, 20)
	l.Take(ctx, hot, 1) // refused, and remembered
	defer stopServer(t, server)()
	for range 6 {
		l.Take(ctx, ratelimit.StringKey("other"), 1)
	}
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		l.Take(ctx, hot, 1)
	}
	if len(states) == 0 || states[0] == nil {
		t.Fatalf("the server is stopped, and OnState was not called: %+v", states)
	}
	for _, err := range states[1:] {
		if err == nil {
			t.Errorf("the server is stopped, but OnState reported it back: %+v", states)
		}
	}
}
