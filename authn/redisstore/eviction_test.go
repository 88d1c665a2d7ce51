package redisstore

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// startEvicting starts a server with this memory limit and policy.
func startEvicting(t *testing.T, maxmemory, policy string) *redistest.Server {
	t.Helper()
	server := redistest.Start(t)
	setPolicy(t, server, maxmemory, policy)
	return server
}

func setPolicy(t *testing.T, server *redistest.Server, maxmemory, policy string) {
	t.Helper()
	if _, err := server.Do("CONFIG", "SET", "maxmemory", maxmemory, "maxmemory-policy", policy); err != nil {
		t.Fatal(err)
	}
}

// Under each policy that evicts, every call fails from the first one on, until the policy is
// noeviction. API keys have no time to live, and are left to their own section.
func TestEvictionPolicies(t *testing.T) {
	for _, policy := range []string{"volatile-ttl", "volatile-lru", "allkeys-lru", "allkeys-random"} {
		server := startEvicting(t, "100mb", policy)
		store := newStore(t, server.Addr, Config{})
		s := store.Sessions()
		calls := changes(s)
		maps.Copy(calls, reads(s))
		for name, call := range calls {
			if err := call(t.Context()); err == nil || !strings.Contains(err.Error(), "maxmemory-policy "+policy) {
				t.Errorf("%s: %s: %v", policy, name, err)
			}
		}
		if _, err := store.APIKeys().Records(t.Context()); err != nil {
			t.Errorf("%s: %v", policy, err)
		}
		setPolicy(t, server, "100mb", "noeviction")
		awaitCall(t, s, true)
	}
}

// awaitCall waits until calls succeed, or until they fail.
func awaitCall(t *testing.T, s *Sessions, succeeds bool) {
	t.Helper()
	for begin := time.Now(); ; <-time.After(5 * time.Millisecond) {
		_, _, err := s.Read(t.Context(), testSID)
		if (err == nil) == succeeds {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("still %v", err)
		}
	}
}

func TestServersThatDoNotEvict(t *testing.T) {
	for name, s := range map[string]*Store{
		"no limit":   newStore(t, startEvicting(t, "0", "allkeys-lru").Addr, Config{}),
		"noeviction": newStore(t, startEvicting(t, "100mb", "noeviction").Addr, Config{}),
		"allowed":    newStore(t, startEvicting(t, "100mb", "allkeys-lru").Addr, Config{DangerouslyAllowEviction: true}),
	} {
		if _, _, err := s.Sessions().Read(t.Context(), testSID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server that is changed while the Store runs is found out.
func TestEvictionIsAskedAgain(t *testing.T) {
	server := startEvicting(t, "0", "noeviction")
	store := newStore(t, server.Addr, Config{})
	s := store.Sessions()
	awaitCall(t, s, true)
	if next := time.Duration(store.eviction.next.Load()); next < askInterval/2 || next > 2*askInterval {
		t.Errorf("asked again after %v", next)
	}
	setPolicy(t, server, "100mb", "volatile-lru")
	store.eviction.next.Store(1)
	awaitCall(t, s, false)
	store.Close()
	store.eviction.background(nil) // asks nothing after Close
}

// A server that does not answer the question is asked by the next call.
func TestEvictionQuestionWithoutAnswer(t *testing.T) {
	server := startEvicting(t, "100mb", "volatile-lru")
	store := newStoreFor(t, redis.NewClient(&redis.Options{Addr: server.Addr}), Config{Timeout: 20 * time.Millisecond})
	server.Freeze()
	if _, _, err := store.Sessions().Read(t.Context(), testSID); err == nil || store.eviction.next.Load() != 0 {
		t.Errorf("%v", err)
	}
	server.Thaw()
	for begin := time.Now(); ; <-time.After(5 * time.Millisecond) {
		_, _, err := store.Sessions().Read(t.Context(), testSID)
		if err == nil {
			t.Fatal("a server that evicts was used")
		}
		if strings.Contains(err.Error(), "maxmemory-policy") {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal(err)
		}
	}
}
