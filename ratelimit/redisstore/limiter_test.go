package redisstore

import (
	"context"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func limiter(t *testing.T, s *Store, cfg ratelimit.Config) *ratelimit.Limiter {
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

// A key that holds something else is an answer about that key: the store is not
// given up for the others.
func TestForeignValueIsNoFailureOfTheStore(t *testing.T) {
	ctx := context.Background()
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second, Refusals: -1})
	l := limiter(t, s, ratelimit.Config{Budget: time.Second, OnState: func(_ string, err error) { t.Errorf("%v", err) }})
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
		if d := l.Take(ctx, bad, 1); !d.Degraded || !d.Allowed || kind(d.Err) != Corrupt {
			t.Errorf("%+v", d)
		}
	}
	if d := l.Take(ctx, ratelimit.StringKey("good"), 1); d.Degraded || !d.Allowed {
		t.Errorf("another key: %+v", d)
	}
}

// A refusal that is remembered here is no sign that a stopped server is back.
func TestRememberedRefusalIsNoSignOfLife(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	var states []error
	l := limiter(t, newStore(t, server.Addr, Config{}), ratelimit.Config{
		OnFailure: ratelimit.FailClosed, OnState: func(_ string, err error) { states = append(states, err) },
	})
	hot := ratelimit.StringKey("refused")
	l.Take(ctx, ratelimit.StringKey("warm"), 1)
	l.Take(ctx, hot, 20)
	l.Take(ctx, hot, 1) // refused, and remembered
	defer hung(t, server)()
	for range 6 {
		l.Take(ctx, ratelimit.StringKey("other"), 1)
	}
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		l.Take(ctx, hot, 1)
	}
	if len(states) == 0 || states[0] == nil {
		t.Fatalf("the server is stopped, and nobody noticed: %+v", states)
	}
	for _, err := range states[1:] {
		if err == nil {
			t.Errorf("the server is stopped, and is said to be back: %+v", states)
		}
	}
}
