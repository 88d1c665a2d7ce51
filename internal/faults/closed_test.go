package faults

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

// A closing is a way in which a healthy server, or a balancer before it, closes all
// connections while no call is under way.
type closing struct {
	name  string
	close func(*testing.T, *redistest.Server)
}

var closings = []closing{
	{"idle timeout", func(t *testing.T, s *redistest.Server) {
		set := func(seconds int) {
			if _, err := s.Do("CONFIG", "SET", "timeout", seconds); err != nil {
				t.Fatal(err)
			}
		}
		set(1)
		<-time.After(3 * time.Second)
		set(0)
	}},
	{"client kill", func(t *testing.T, s *redistest.Server) {
		if _, err := s.Do("CLIENT", "KILL", "TYPE", "normal"); err != nil {
			t.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
	}},
	{"restart", func(t *testing.T, s *redistest.Server) {
		s.Restart(t) // in less than 10 ms if the machine is quick, for which a check of a connection stays valid
		<-time.After(100 * time.Millisecond)
	}},
}

// atATime is how many callers open connections before these are closed.
const atATime = 40

// failuresAfter lets many callers use taker, closes their connections, and returns how
// many of the next calls fail.
func failuresAfter(t *testing.T, server *redistest.Server, c closing, call func(context.Context) error) (failed int, last error) {
	t.Helper()
	var wg sync.WaitGroup
	for range atATime {
		wg.Go(func() {
			for range 5 {
				_ = call(t.Context()) // only opens connections
			}
		})
	}
	wg.Wait()
	c.close(t, server)
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := call(ctx); err != nil {
			failed, last = failed+1, err
		}
		cancel()
		<-time.After(time.Millisecond)
	}
	return failed, last
}

// Connections that a healthy server has closed refuse no request and no login, without TLS
// and with it.
func TestClosedConnections(t *testing.T) {
	server, config := redistest.StartTLS(t)
	for column, options := range map[string]*redis.Options{
		"plain": {Addr: server.Addr},
		"TLS":   {Addr: server.TLSAddr, TLSConfig: config},
	} {
		for _, c := range closings {
			user := redis.NewClient(options)
			store, err := redisstore.New(user, redisstore.Config{Timeout: patience})
			if err != nil {
				t.Fatal(err)
			}
			for what, call := range map[string]func(context.Context) error{
				"limiter": limiterCall(t, store), "login": loginCall(t, store),
			} {
				failed, last := failuresAfter(t, server, c, call)
				t.Logf("%-5s %-12s %-8s %d of 100 refused", column, c.name, what, failed)
				if failed > 0 {
					t.Errorf("%s, %s, %s: %d of 100 refused: %v", column, c.name, what, failed, last)
				}
			}
			if err := errors.Join(store.Close(), user.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}

func limiterCall(t *testing.T, store *redisstore.Store) func(context.Context) error {
	l, err := ratelimit.New(ratelimit.Config{
		Name: "closed", Limits: []ratelimit.Limit{ratelimit.PerHour(1_000_000)}, Key: ratelimit.ByClientIP,
		Store: store, OnFailure: ratelimit.FailClosed, Budget: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error { return l.Take(ctx, someKey, 1).Err }
}

func loginCall(t *testing.T, store *redisstore.Store) func(context.Context) error {
	s, err := store.Lockout("closed")
	if err != nil {
		t.Fatal(err)
	}
	guard, err := lockout.New(lockout.Config{Store: s, Secret: make([]byte, 32), Budget: patience})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		a, err := guard.Begin(ctx, fmt.Sprint(newKey()), netip.AddrFrom4([4]byte{192, 0, 2, 1}))
		if err != nil {
			return err
		}
		return a.Cancel(ctx)
	}
}

// The same calls detect a client that does not look below TLS: the reference, whose
// go-redis looks only at sockets.
func TestClosedConnectionsDetectsMistakes(t *testing.T) {
	server, config := redistest.StartTLS(t)
	s := subject{name: "broken: no look below TLS", open: openReference, tls: config}
	subject, _ := s.start(t, server.TLSAddr, limit{1_000_000, forever})
	failed, _ := failuresAfter(t, server, closings[1], func(ctx context.Context) error {
		_, err := subject.Take(ctx, newKey(), 1)
		return err
	})
	t.Logf("%-30s %d of 100 refused", s.name, failed)
	if failed == 0 {
		t.Error("no call failed")
	}
}
