package redisstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// watchedStore is a Store on a server with this maxmemory-policy, with a limiter whose
// reports it keeps, and a login.
type watchedStore struct {
	*Store
	server  *redis.Client
	limiter *ratelimit.Limiter
	logins  *lockoutStore
	reports chan error
}

func newWatchedStore(t *testing.T, maxmemory, policy string, cfg Config) watchedStore {
	t.Helper()
	server := dial(t, redistest.Start(t).Addr)
	for name, value := range map[string]string{"maxmemory": maxmemory, "maxmemory-policy": policy} {
		if err := server.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Timeout = time.Second
	w := watchedStore{Store: newStoreFor(t, server, cfg), server: server, reports: make(chan error, 100)}
	w.limiter = newLimiter(t, w.Store, ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, OnFailure: ratelimit.FailClosed, Budget: time.Second,
		OnState: func(_ string, err error) { w.reports <- err },
	})
	w.logins = newLockoutStore(t, w.Store, "login")
	return w
}

// Under each policy that evicts counts, lockout admits no guess and a limiter reports it
// once, until the policy is noeviction. A server that evicts nothing, and a server that
// does not tell, are taken as they are.
func TestEvictionPolicies(t *testing.T) {
	t.Parallel()
	evicting := []string{"volatile-ttl", "volatile-lru", "volatile-lfu", "volatile-random", "allkeys-lru", "allkeys-lfu", "allkeys-random"}
	for _, policy := range evicting {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newWatchedStore(t, "100mb", policy, Config{})
			for range 3 {
				if st, err := w.logins.Begin(t.Context(), loginKey(1, 1), testPolicy); kind(err) != "evicts" || st.Allowed || !strings.Contains(err.Error(), policy) {
					t.Errorf("%+v %v", st, err)
				}
				if d := w.limiter.Take(t.Context(), ratelimit.StringKey("k"), 1); !d.Allowed || d.Degraded {
					t.Errorf("%+v", d)
				}
			}
			if err := <-w.reports; kind(err) != "evicts" {
				t.Error(err)
			}
			w.server.ConfigSet(t.Context(), "maxmemory-policy", "noeviction")
			await(t, "logins", func() bool {
				st, err := w.logins.Begin(t.Context(), loginKey(1, 1), testPolicy)
				return err == nil && st.Allowed
			})
			if n := len(w.reports); n != 0 {
				t.Errorf("%d more reports", n)
			}
		})
	}
	for name, w := range map[string]watchedStore{
		"noeviction":       newWatchedStore(t, "100mb", "noeviction", Config{}),
		"without a bound":  newWatchedStore(t, "0", "allkeys-lru", Config{}),
		"a bound, allowed": newWatchedStore(t, "100mb", "allkeys-lru", Config{DangerouslyAllowEviction: true}),
		"no right to ask":  withoutInfo(t, newWatchedStore(t, "100mb", "allkeys-lru", Config{})),
	} {
		w.limiter.Take(t.Context(), ratelimit.StringKey("k"), 1)
		if st, err := w.logins.Begin(t.Context(), loginKey(1, 1), testPolicy); err != nil || !st.Allowed {
			t.Errorf("%s: %+v %v", name, st, err)
		}
		_ = w.Close() // waits for a question under way
		if n := len(w.reports); n != 0 {
			t.Errorf("%s: %d reports", name, n)
		}
	}
}

// withoutInfo takes the right to run INFO from the user of w.
func withoutInfo(t *testing.T, w watchedStore) watchedStore {
	t.Helper()
	if err := w.server.Do(t.Context(), "ACL", "SETUSER", "default", "-info").Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

// The reason: a flood of keys that live longer gives a limited client a new quota, except
// under noeviction.
func TestFloodUnderEachPolicy(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"noeviction", "volatile-ttl"} {
		w := newWatchedStore(t, "3mb", policy, Config{DangerouslyAllowEviction: true, Refusals: -1})
		admitted := 0
		for i := range 4 {
			for range 9 {
				if w.limiter.Take(t.Context(), ratelimit.StringKey("attacker"), 1).Allowed {
					admitted++
				}
			}
			_, _ = w.server.Pipelined(t.Context(), func(p redis.Pipeliner) error { // ends with OOM under noeviction
				for k := range 20_000 {
					p.Set(t.Context(), fmt.Sprint("flood ", i, k), strings.Repeat("x", 100), 2*time.Hour)
				}
				return nil
			})
		}
		if policy == "noeviction" && admitted != 5 || policy != "noeviction" && admitted <= 5 {
			t.Errorf("%s: %d admitted of 5 an hour", policy, admitted)
		}
	}
}
