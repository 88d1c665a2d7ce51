package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// What a user has in the way of a connection may ignore every context, and may
// panic. No decision waits for it, on a Client and on a ClusterClient.
func TestNothingInTheWayIsWaitedFor(t *testing.T) {
	const budget, long = 25 * time.Millisecond, 300 * time.Millisecond
	server := redistest.Start(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for name, o := range map[string]redis.Options{
		"dialer": {Addr: server.Addr, Dialer: func(_ context.Context, network, addr string) (net.Conn, error) {
			time.Sleep(10 * long)
			return net.Dial(network, addr)
		}},
		"TLS handshake": {Addr: silent.Addr().String(), TLSConfig: &tls.Config{ServerName: "redis"}},
		"OnConnect": {Addr: server.Addr, OnConnect: func(_ context.Context, cn *redis.Conn) error {
			time.Sleep(long)
			return cn.ClientSetName(context.Background(), "late").Err()
		}},
		"OnConnect that panics": {Addr: server.Addr, OnConnect: func(context.Context, *redis.Conn) error { panic("a bug") }},
		"credentials": {Addr: server.Addr, CredentialsProvider: func() (string, string) {
			time.Sleep(10 * long)
			return "", ""
		}},
		"credentials with a context": {Addr: server.Addr, CredentialsProviderContext: func(context.Context) (string, string, error) {
			time.Sleep(10 * long)
			return "", "", nil
		}},
	} {
		for kind, user := range map[string]redis.UniversalClient{
			"Client": redis.NewClient(&o),
			"ClusterClient": redis.NewClusterClient(&redis.ClusterOptions{
				Dialer: o.Dialer, OnConnect: o.OnConnect, TLSConfig: o.TLSConfig,
				CredentialsProvider: o.CredentialsProvider, CredentialsProviderContext: o.CredentialsProviderContext,
				ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
					return []redis.ClusterSlot{{End: slots - 1, Nodes: []redis.ClusterNode{{Addr: o.Addr}}}}, nil
				},
			}),
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				defer user.Close()
				store, err := New(user, Config{})
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
				c := open(t, store, "way", ratelimit.PerHour(100))
				for range 3 {
					ctx, cancel := context.WithTimeout(t.Context(), budget)
					start := time.Now()
					_, err = c.Take(ctx, keyOf(1), 1, false)
					took := time.Since(start)
					cancel()
					if err == nil || took > long/2 {
						t.Errorf("took %v: %v", took, err)
					}
				}
			})
		}
	}
}

// A token service that is slower than the budget is asked by one at a time, and what it said
// is used by the next decision.
func TestSlowCredentialsArriveNevertheless(t *testing.T) {
	const budget, slow = 25 * time.Millisecond, 150 * time.Millisecond
	var asked atomic.Int64
	user := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr, CredentialsProvider: func() (string, string) {
		asked.Add(1)
		time.Sleep(slow)
		return "", ""
	}})
	defer user.Close()
	store, err := New(user, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := open(t, store, "slow", ratelimit.PerHour(100))
	start := time.Now()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), budget)
		_, err := c.Take(ctx, keyOf(1), 1, false)
		cancel()
		if err == nil {
			break
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("never: %v", err)
		}
	}
	// More than once only if there was no time left to connect.
	if n, took := asked.Load(), time.Since(start); n > 1+int64(took/slow) {
		t.Errorf("asked %d times in %v", n, took)
	}
}

func TestCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			asked  int
			answer error
			slow   = time.Second
		)
		get := boundedProvider(func() (string, string) { panic("the other one takes precedence") }, func(ctx context.Context) (string, string, error) {
			asked++
			says := answer
			select {
			case <-time.After(slow):
				return "user", "secret", says
			case <-ctx.Done():
				return "", "", ctx.Err()
			}
		})
		try := func(patience time.Duration, wantAsked int, want error) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			username, password, err := get(ctx)
			synctest.Wait()
			if asked != wantAsked || !errors.Is(err, want) || err == nil && username+password != "usersecret" {
				t.Errorf("asked %d times, want %d: %q, %q, %v", asked, wantAsked, username, password, err)
			}
		}
		try(time.Millisecond, 1, context.DeadlineExceeded)
		try(time.Millisecond, 1, context.DeadlineExceeded) // one call for all who wait
		try(time.Minute, 1, nil)
		try(time.Minute, 2, nil) // taken once
		try(time.Millisecond, 3, context.DeadlineExceeded)
		time.Sleep(30 * time.Second)
		try(time.Millisecond, 3, nil) // came when nobody waited
		try(time.Millisecond, 4, context.DeadlineExceeded)
		time.Sleep(2 * fetchedLife)
		try(time.Minute, 5, nil) // too old by then
		answer = errors.New("no")
		try(time.Minute, 6, answer)
		try(time.Millisecond, 7, context.DeadlineExceeded)
		time.Sleep(2 * time.Second)
		answer = nil
		try(time.Minute, 8, nil) // an error is no answer to the next
		slow = time.Hour
		start := time.Now()
		try(time.Minute, 9, context.DeadlineExceeded)
		if took := time.Since(start); took != fetchLimit {
			t.Errorf("asked for %v", took)
		}
	})
	if boundedProvider(nil, nil) != nil || boundedConnect(nil) != nil {
		t.Error("something out of nothing")
	}
}
