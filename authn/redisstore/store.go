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
}

const (
	defaultPrefix  = "sallyport:authn"
	defaultTimeout = 100 * time.Millisecond

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
	start   time.Time // the beginning of the times of breaker
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
	s := &Store{prefix: cfg.Prefix, timeout: cfg.Timeout, start: time.Now()}
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
	client, err := redisconn.New(c, changeSource)
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
	s.breaker = breaker.New(breaker.Config{
		Threshold: failureThreshold, FirstPause: firstPause, LastPause: lastPause, ProbeTimeout: 2 * s.timeout,
	})
	return s, nil
}

// Close closes the connections of s, and not the connections of the client that s was made
// from. A call after Close fails.
func (s *Store) Close() error { return s.client.Close() }

var errPaused = errors.New("it has not answered lately, and is asked again soon")

// do makes one call of Redis, with a deadline. It fails at once while Redis does not
// answer.
func (s *Store) do(ctx context.Context, call func(context.Context) error) error {
	state := s.breaker.Allow(time.Since(s.start))
	if state == breaker.Open {
		return fmt.Errorf("redisstore: %w", errPaused)
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
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
