package redisstore

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

func TestNewReportsAllFaults(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer client.Close()
	ring := redis.NewRing(&redis.RingOptions{})
	defer ring.Close()
	for name, tc := range map[string]struct {
		client redis.UniversalClient
		cfg    Config
		want   []string
	}{
		"defaults":    {client, Config{}, nil},
		"longest":     {client, Config{Prefix: strings.Repeat("a", 64), Timeout: time.Second}, nil},
		"nil":         {nil, Config{}, []string{"authn/redisstore: client: missing; give a *redis.Client"}},
		"a ring":      {ring, Config{}, []string{"authn/redisstore: client: "}},
		"all at once": {(*redis.Client)(nil), Config{Prefix: "a b", Timeout: time.Microsecond}, []string{"authn/redisstore: Prefix: ", "authn/redisstore: Timeout: ", "authn/redisstore: client: "}},
		"most":        {client, Config{Replicas: 5, ReplicaTimeout: 500 * time.Millisecond}, nil},
		"replicas":    {client, Config{Replicas: 6, ReplicaTimeout: time.Second}, []string{"authn/redisstore: Replicas: ", "authn/redisstore: ReplicaTimeout: "}},
		"negative":    {client, Config{Replicas: -1, ReplicaTimeout: -1}, []string{"authn/redisstore: Replicas: ", "authn/redisstore: ReplicaTimeout: "}},
		"too long":    {client, Config{Prefix: strings.Repeat("a", 65), Timeout: 2 * time.Second}, []string{"authn/redisstore: Prefix: ", "authn/redisstore: Timeout: "}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := New(tc.client, tc.cfg)
			mwtest.Faults(t, err, tc.want...)
			if s != nil {
				_ = s.Close()
			}
		})
	}
}

// A Store whose Redis does not answer fails within its timeout. After five failures it fails
// at once, and when Redis answers again, so does the Store.
func TestOutage(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{Timeout: 50 * time.Millisecond})
	keys := s.APIKeys()
	_, rec, _, _ := makeKey(t)
	if err := keys.Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	server.Freeze()
	for range failureThreshold {
		if _, _, err := keys.Find(t.Context(), rec.ID); err == nil || errors.Is(err, errPaused) {
			t.Fatal(err)
		}
	}
	paused := 0
	for range 1000 {
		if _, _, err := keys.Find(t.Context(), rec.ID); errors.Is(err, errPaused) {
			paused++
		} else if err == nil {
			t.Fatal("a frozen server answered")
		}
	}
	if paused < 900 { // at most one call in 50 ms, and only after a pause
		t.Errorf("%d of 1000 calls failed at once", paused)
	}
	server.Thaw()
	for begin := time.Now(); ; <-time.After(5 * time.Millisecond) {
		if _, found, err := keys.Find(t.Context(), rec.ID); err == nil && found {
			break
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the Store does not recover")
		}
	}
}

// A caller that leaves says nothing about Redis, and neither does an error of Redis.
func TestOutcomesThatAreNoOutage(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{})
	left, leave := context.WithCancel(t.Context())
	leave()
	for range 3 * failureThreshold {
		if _, err := s.APIKeys().Records(left); err == nil {
			t.Fatal("an answer for a caller that has left")
		}
	}
	for range 3 * failureThreshold {
		err := s.do(t.Context(), func(ctx context.Context) error {
			return s.client.Process(ctx, redis.NewStatusCmd(ctx, "no such command"))
		})
		if err == nil || errors.Is(err, errPaused) {
			t.Fatal(err)
		}
	}
	if _, err := s.APIKeys().Records(t.Context()); err != nil {
		t.Error(err)
	}
}

// A call whose answer was lost is not sent again.
func TestLostAnswerIsNotSentAgain(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	commands := make(chan string, 100)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { // answers the greeting, and hangs up after the command
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					if text := strings.ToLower(string(buf[:n])); strings.Contains(text, "hdel") {
						commands <- text
						return
					}
					_, _ = c.Write([]byte("-ERR unknown command\r\n"))
				}
			}()
		}
	}()
	s := newStore(t, ln.Addr().String(), Config{})
	if _, err := s.APIKeys().Delete(t.Context(), "000000000000"); err == nil {
		t.Error("no error")
	}
	if n := len(commands); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestCloseEndsTheStore(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{})
	keys := s.APIKeys()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := keys.Find(t.Context(), "000000000000"); !errors.Is(err, redis.ErrClosed) {
		t.Error(err)
	}
}
