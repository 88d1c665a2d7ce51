package sessionfaults

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A backend is a store of sessions on Redis.
type backend struct {
	name string
	// open opens the store on the client of a user. With durable, a revocation is confirmed
	// when a replica has it.
	open func(tb testing.TB, user redis.UniversalClient, durable bool) sessionstore.Store
}

// backends are the stores that must pass every proof.
var backends = []backend{{"redisstore", openSessions}, calibration}

// calibration shows that the proofs can be passed.
var calibration = backend{"reference", openPlain}

func openSessions(tb testing.TB, user redis.UniversalClient, durable bool) sessionstore.Store {
	tb.Helper()
	cfg := redisstore.Config{Timeout: time.Second, ReplicaTimeout: waitLimit * time.Millisecond}
	if durable {
		cfg.Replicas = 1
	}
	store, err := redisstore.New(user, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	return store.Sessions()
}

func openPlain(_ testing.TB, user redis.UniversalClient, durable bool) sessionstore.Store {
	return plain{client: user, wait: durable}
}

// newClient returns a client that does not send a command twice, and keeps deadlines.
func newClient(tb testing.TB, addr string) redis.UniversalClient {
	tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, ContextTimeoutEnabled: true, PoolSize: 100})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// redisStage is a store on a real Redis behind a network.
func redisStage(t *testing.T, b backend) stage {
	t.Helper()
	p := newProxy(t, redistest.Start(t).Addr)
	return stage{
		name:  b.name,
		open:  func(tb testing.TB) sessionstore.Store { return b.open(tb, newClient(tb, p.addr), false) },
		reset: p.reset,
		grace: 2 * time.Second,
	}
}
