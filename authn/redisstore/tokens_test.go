package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/internal/tokentest"
)

// TestTokensBehave runs the behaviours of every tokenstore.Store. On one server the clock of the
// server is moved, and on a cluster the keys are made older.
func TestTokensBehave(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	for name, rig := range map[string]tokentest.Rig{
		"one server": {Store: newStore(t, server.Addr, Config{}).Tokens(), Pass: clock.Shift},
		"cluster": {Store: newStoreFor(t, client, Config{}).Tokens(), Pass: func(d time.Duration) {
			for _, node := range cluster.Nodes {
				if err := age(node, d); err != nil {
					t.Fatal(err)
				}
			}
		}},
	} {
		for _, b := range tokentest.Behaviours() {
			t.Run(name+"/"+b.Name, func(t *testing.T) {
				rig.T = t
				b.Run(rig)
			})
		}
	}
}

// A failover may bring back any earlier value. A Swap, made twice, succeeds only from its old
// value or after itself, and then leaves its next value with a time to live.
func playTokenStates(ctx context.Context, s *Tokens) error {
	client, key := s.store.client, s.key("name")
	for _, state := range []string{"", "old", "next", "older", "newer"} {
		for _, swap := range [][2]string{{"old", "next"}, {"", "next"}, {"old", ""}} {
			if err := client.FlushAll(ctx).Err(); err != nil {
				return err
			}
			if state != "" {
				if err := client.Set(ctx, key, state, time.Hour).Err(); err != nil {
					return err
				}
			}
			want, ok := state, state == swap[0] || state == swap[1]
			if ok {
				want = swap[1]
			}
			for range 2 {
				done, err := s.Swap(ctx, "name", []byte(swap[0]), []byte(swap[1]), time.Minute)
				got, readErr := s.Load(ctx, "name")
				life := client.PTTL(ctx, key).Val()
				if err := errors.Join(err, readErr); err != nil || done != ok || string(got) != want || ok && want != "" && (life <= 0 || life > time.Minute) {
					return fmt.Errorf("state %q, swap %q: %v, %q for %v, want %v, %q: %w", state, swap, done, got, life, ok, want, errors.Join(err, errors.New("another result")))
				}
			}
		}
	}
	return nil
}

func TestTokensInEveryState(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{}).Tokens()
	if err := playTokenStates(t.Context(), s); err != nil {
		t.Error(err)
	}
	// The states find a script that is broken.
	for name, change := range map[string][2]string{
		"no comparison":           {"if has ~= ARGV[1] and has ~= ARGV[2] then return {'other'} end", ""},
		"a retry fails":           {" and has ~= ARGV[2]", ""},
		"nothing is deleted":      {"redis.call('DEL', key)", ""},
		"a value that never ends": {", 'PX', ARGV[3]", ""},
	} {
		broken := *s
		source := strings.Replace(tokensSource, change[0], change[1], 1)
		if source == tokensSource {
			t.Fatalf("%s: the script does not have %q", name, change[0])
		}
		broken.script = redisscript.New(source, 0)
		if playTokenStates(t.Context(), &broken) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// A value of another type in Redis is an error.
func TestForeignTokensAreAnOutage(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{}).Tokens()
	if _, err := server.Do("HSET", s.key("n"), "a", "1"); err != nil {
		t.Fatal(err)
	}
	if ok, err := s.Swap(t.Context(), "n", nil, []byte("a"), time.Minute); err == nil {
		t.Errorf("Swap: %v", ok)
	}
	if value, err := s.Load(t.Context(), "n"); err == nil {
		t.Errorf("Load: %q", value)
	}
}
