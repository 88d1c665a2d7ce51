package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/redisconn"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Config is the configuration of a [Store]. The zero value is ready.
type Config struct {
	_ [0]func()

	// Prefix is the beginning of every key. It consists of letters, digits, the other
	// characters of a token (RFC 9110, section 5.6.2) and colons, at most 64. An empty
	// Prefix means "sallyport:ratelimit". Stores with the same Prefix on the same Redis
	// share their windows.
	Prefix string

	// Timeout ends a call whose context has no earlier deadline, 1 ms to 1 s. 0 means
	// 100 ms. A Limiter gives each decision a deadline of its own, its Budget, which
	// should be shorter.
	Timeout time.Duration

	// Refusals is the number of refused keys that each set of limits remembers in this
	// process, 64 bytes each, up to 1,048,576. 0 means 4096 and -1 means 0. A
	// remembered key is refused without asking Redis, until the time that Redis has
	// said, and for at most a 64th of the window or one second.
	Refusals int

	// LeaseAmong is the number of processes that share the windows, 1 to 100,000. 0
	// means no leases. With leases, a key that is asked for repeatedly within a 64th of
	// the window is debited several units at once, and this process then
	// admits these units without asking Redis. A lease is at most an eighth of the
	// smallest quota, divided by LeaseAmong, and at most half of the units that the key
	// uses at its pace. The bound stays exact, also if there are more processes than
	// LeaseAmong says.
	//
	// The price has three parts. Units that were debited and not asked for are lost
	// until they leave the window. The number of units left that a response tells is
	// only the number that this process still has. After a Reset other processes admit
	// the units that they hold.
	//
	// Sets with a quota of at most 128 have no leases. Leases take 256 KiB for each set.
	LeaseAmong int

	// DangerouslyAllowEviction accepts a server that has a maxmemory and another
	// maxmemory-policy than noeviction. Such a server evicts the counts of clients that
	// are being limited, the longest limited first with volatile-ttl, so a flood of other
	// keys gives an attacker new quotas and new guesses. Without it the Store asks the
	// server by INFO memory, at its first use and then once a minute. Limiters report
	// such a server through OnState and go on, and lockout admits no guess. A server that
	// does not let the user run INFO is taken as it is.
	DangerouslyAllowEviction bool
}

const (
	defaultPrefix   = "sallyport:ratelimit"
	defaultTimeout  = 100 * time.Millisecond
	defaultRefusals = 4096
	maxRefusals     = 1 << 20
	maxProcesses    = 100_000

	// maxName has room for the names of a limiter and of a tier, and for the suffix
	// that package ratelimit adds to limits in shadow mode.
	maxName = 64 + len("|") + 64 + len("|shadow")
)

// A Store keeps windows in Redis. It implements [ratelimit.Store].
type Store struct {
	client     *redisconn.Client
	prefix     string
	timeout    time.Duration
	refusals   int
	leaseAmong int // number of processes that share the windows, 0: no leases
	tags       [tagCount]string
	prewarm    func(connections int) // client.Prewarm, or a replacement in a test
	eviction   *evictionWatch
}

var _ ratelimit.Store = (*Store)(nil)

var errUnits = errors.New("units out of range")

// New returns a Store for the Redis of c. The client c is a [redis.Client], also one of
// a Sentinel failover group, or a [redis.ClusterClient]. New does not connect.
//
// The Store takes from the options of c only where Redis is and how to log in. It has
// connections of its own, with timeouts that hold a budget, and it never sends a
// command twice. Close the Store and then c.
//
// With a failover client, the dialer of c finds the master for the Store. While the
// Store is used, it dials once a second to see where the master is. So it asks a new
// master within about a second of its next call, also if the old master lives on. New
// cannot recognize a failover client with ReplicaOnly. Each call through it is an
// [Error] of kind "read_only".
//
// OnConnect and the providers of credentials run in a goroutine of their own. A
// decision does not wait for them longer than for Redis, and their panic becomes an
// error. An OnConnect that needs longer than that never ends in time. Credentials that
// come late are kept for the next connection.
//
// The error joins a [httperr.ConfigError] for each fault.
func New(c redis.UniversalClient, cfg Config) (*Store, error) {
	f := httperr.ConfigFaults{Package: "ratelimit/redisstore"}
	client, err := redisconn.New(c, takeSource, refundSource, resetSource, lockoutSource)
	if err != nil {
		f.Add("client", nil, err.Error(), "give a *redis.Client or a *redis.ClusterClient")
	}
	s := &Store{
		client: client, prefix: cfg.Prefix, timeout: cfg.Timeout, refusals: cfg.Refusals, leaseAmong: cfg.LeaseAmong,
		tags: slotTags(), prewarm: client.Prewarm, eviction: newEvictionWatch(client),
	}
	if cfg.DangerouslyAllowEviction {
		s.eviction.client = nil
	}
	switch {
	case s.prefix == "":
		s.prefix = defaultPrefix
	case len(s.prefix) > 64 || !field.Token(strings.ReplaceAll(s.prefix, ":", "-")):
		f.Add("Prefix", cfg.Prefix,
			"is longer than 64 characters, or has others than letters, digits, colons and those of a token (RFC 9110, section 5.6.2)",
			`write something like "shop:limits"`)
	}
	switch {
	case s.timeout == 0:
		s.timeout = defaultTimeout
	case s.timeout < time.Millisecond || s.timeout > time.Second:
		f.Add("Timeout", cfg.Timeout, "not between 1ms and 1s", "write the unit, as in 50*time.Millisecond")
	}
	switch {
	case s.refusals == 0:
		s.refusals = defaultRefusals
	case s.refusals < -1 || s.refusals > maxRefusals:
		f.Add("Refusals", cfg.Refusals, "not between -1 and 1048576", "leave it 0 for 4096")
	}
	if s.leaseAmong < 0 || s.leaseAmong > maxProcesses {
		f.Add("LeaseAmong", cfg.LeaseAmong, "not between 0 and 100000", "give the number of processes, or leave it 0 for no leases")
	}
	if err := f.Err(); err != nil {
		if client != nil {
			err = errors.Join(err, client.Close())
		}
		return nil, err
	}
	return s, nil
}

// Open implements [ratelimit.Store]: it prepares a set of limits under a name, and does
// not connect. It refuses the limits that [ratelimit.New] refuses. Above a quota of
// 128 it also refuses a window below 2 ms if rounding a sub-bucket up to a whole microsecond
// leaves a flood less than 15/16 of the quota: 1025 µs is refused, but not 1 ms or 1088 µs.
func (s *Store) Open(name string, limits []ratelimit.Limit) (ratelimit.Counter, error) {
	f := httperr.ConfigFaults{Package: "ratelimit/redisstore"}
	if len(name) > maxName || !field.Token(name) || strings.ContainsAny(name, "{}") {
		f.Add("name", name, "is empty, longer than 136 characters, or not a token (RFC 9110, section 5.6.2) without braces",
			`write something like "login"`)
	}
	if len(limits) < 1 || len(limits) > 8 {
		f.Add("limits", len(limits), "not between 1 and 8", "give at least one limit")
	}
	for i, l := range limits {
		if l.Quota < 1 || l.Quota > 100_000_000 {
			f.Add(fmt.Sprintf("limits[%d].Quota", i), l.Quota, "not between 1 and 100000000", "to shut a route, do not register it")
		}
		if l.Window < time.Millisecond || l.Window > 366*24*time.Hour {
			f.Add(fmt.Sprintf("limits[%d].Window", i), l.Window, "not between 1ms and 366 days", "write the unit, as in 30*time.Second")
		} else if !floodGetsShare(l) {
			f.Add(fmt.Sprintf("limits[%d].Window", i), l.Window,
				"too short for whole microseconds: a flood would get less than 15/16 of the quota",
				"give a multiple of 64µs, or at least 2ms")
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s.counter(name, limits), nil
}

// Close closes the connections of s, and not the connections of the client that s was
// made from. A call to s after Close fails with an [Error] of kind "closed".
func (s *Store) Close() error {
	s.eviction.close()
	err := s.client.Close()
	s.eviction.done.Wait()
	return err
}

// deadline returns the time by which a call that begins now has to end.
func (s *Store) deadline(ctx context.Context, now time.Time) time.Time {
	end := now.Add(s.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(end) {
		return d
	}
	return end
}

// prewarmAfter has connections made in the background if err says that a call ran out
// of time. It asks for as many connections as calls were under way.
func (s *Store) prewarmAfter(err error, calls int) {
	if err != nil && kindOf(err) == kindDeadline {
		s.prewarm(calls)
	}
}
