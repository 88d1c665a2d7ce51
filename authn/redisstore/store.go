package redisstore

import (
	"context"
	_ "embed" // the script is a file of its own, so that editors read it as Lua
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/breaker"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/redisconn"
)

// Config is the configuration of a [Store]. The zero value is ready.
type Config struct {
	_ [0]func()

	// Prefix is the beginning of every key in Redis. It consists of letters, digits, the
	// other characters of a token (RFC 9110, section 5.6.2) and colons, at most 64. An
	// empty Prefix means "sallyport:authn". Stores with the same Prefix on the same
	// Redis share their data.
	Prefix string

	// Timeout ends a call whose context has no earlier deadline, 1 ms to 1 s. 0 means
	// 100 ms.
	Timeout time.Duration

	// Replicas is the number of replicas that must have a change of a session, or a
	// revocation, before its call returns, 0 to 5. If they do not have it in time, the
	// error is [ErrNotReplicated]. 0 means that no call waits.
	Replicas int

	// ReplicaTimeout is how long such a call waits for the replicas, in addition to
	// Timeout, 1 ms to 500 ms. 0 means 100 ms.
	ReplicaTimeout time.Duration

	// DangerouslyAllowEviction lets [Sessions] use a server that has a maxmemory and another
	// maxmemory-policy than noeviction. Such a server evicts revocations when its memory is
	// full, and a revoked token is good again. By default each call fails.
	DangerouslyAllowEviction bool
}

const (
	defaultPrefix  = "sallyport:authn"
	defaultTimeout = 100 * time.Millisecond

	maxReplicaTimeout = 500 * time.Millisecond

	failureThreshold = 5
	firstPause       = 100 * time.Millisecond
	lastPause        = 2 * time.Second
)

// A Store holds the connections to one Redis. Its methods return the stores of the several
// kinds of data.
type Store struct {
	client  *redisconn.Client
	prefix  string
	timeout time.Duration
	breaker *breaker.Breaker
	start   time.Time // the beginning of the times of breaker and eviction

	replicas       int
	replicaTimeout time.Duration
	eviction       evictionWatch
}

//go:embed change.lua
var changeSource string

// New returns a Store for the Redis of c. The client c is a [redis.Client], also one of
// a Sentinel failover group, or a [redis.ClusterClient]. New does not connect.
//
// The Store takes from the options of c only where Redis is and how to log in. It has
// connections of its own, with timeouts that hold, and it never sends a command twice.
// Close the Store and then c.
//
// The error joins a [httperr.ConfigError] for each fault.
func New(c redis.UniversalClient, cfg Config) (*Store, error) {
	f := httperr.ConfigFaults{Package: "authn/redisstore"}
	s := &Store{
		prefix: cfg.Prefix, timeout: cfg.Timeout, start: time.Now(),
		replicas: cfg.Replicas, replicaTimeout: cfg.ReplicaTimeout,
	}
	s.eviction.allowed = cfg.DangerouslyAllowEviction
	switch {
	case s.prefix == "":
		s.prefix = defaultPrefix
	case len(s.prefix) > 64 || !field.Token(strings.ReplaceAll(s.prefix, ":", "-")):
		f.Add("Prefix", cfg.Prefix,
			"is longer than 64 characters, or has others than letters, digits, colons and those of a token (RFC 9110, section 5.6.2)",
			`write something like "notes:authn"`)
	}
	switch {
	case s.timeout == 0:
		s.timeout = defaultTimeout
	case s.timeout < time.Millisecond || s.timeout > time.Second:
		f.Add("Timeout", cfg.Timeout, "not between 1ms and 1s", "write the unit, as in 50*time.Millisecond")
	}
	switch {
	case s.replicaTimeout == 0:
		s.replicaTimeout = defaultTimeout
	case s.replicaTimeout < time.Millisecond || s.replicaTimeout > maxReplicaTimeout:
		f.Add("ReplicaTimeout", cfg.ReplicaTimeout, "not between 1ms and 500ms", "write the unit, as in 50*time.Millisecond")
	}
	if cfg.Replicas < 0 || cfg.Replicas > 5 {
		f.Add("Replicas", cfg.Replicas, "not between 0 and 5", "write the number of replicas that must have a revocation, such as 1")
	}
	client, err := redisconn.New(c, changeSource, sessionsSource, upstreamSource, revokedSource, logoutsSource, tokensSource)
	if err != nil {
		f.Add("client", nil, err.Error(), "give a *redis.Client or a *redis.ClusterClient")
	}
	if err := f.Err(); err != nil {
		if client != nil {
			err = errors.Join(err, client.Close())
		}
		return nil, err
	}
	s.client = client
	s.eviction.ctx, s.eviction.stop = context.WithCancel(context.Background())
	s.breaker = breaker.New(breaker.Config{
		Threshold: failureThreshold, FirstPause: firstPause, LastPause: lastPause, ProbeTimeout: 2 * s.timeout,
	})
	return s, nil
}

// Close closes the connections of s, and not the connections of the client that s was made
// from. A call after Close fails.
func (s *Store) Close() error {
	s.eviction.close()
	err := s.client.Close()
	s.eviction.done.Wait()
	return err
}

var errPaused = errors.New("it has not answered lately, and is asked again soon")

// do makes one call of Redis, with a deadline. It fails at once while Redis does not
// answer.
func (s *Store) do(ctx context.Context, call func(context.Context) error) error {
	return s.doWithin(ctx, s.timeout, call)
}

func (s *Store) doWithin(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	state := s.breaker.Allow(time.Since(s.start))
	if state == breaker.Open {
		return fmt.Errorf("redisstore: %w", errPaused)
	}
	bounded, cancel := within(ctx, limit)
	defer cancel()
	err := call(bounded)
	_, isReply := errors.AsType[redis.Error](err)
	switch {
	case err == nil, isReply:
		s.breaker.Success(state)
	case ctx.Err() != nil: // the caller had no more time, or has left
		s.breaker.Abandon(state, time.Since(s.start))
	default:
		s.breaker.Failure(state, time.Since(s.start), err)
	}
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
			s.client.Prewarm(1) // perhaps there was no time to make a connection
		}
		return fmt.Errorf("redisstore: %w", err)
	}
	return nil
}

// within returns a context that ends after limit. A context that ends earlier stays as it is.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}
