package redisstore_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

type unknownClient struct{ redis.UniversalClient }

func TestEveryFaultAtOnce(t *testing.T) {
	bad := redisstore.Config{Prefix: "a{b}", Timeout: 50, Refusals: -2, LeaseAmong: -1}
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer client.Close()
	for name, c := range map[string]struct {
		client redis.UniversalClient
		reason string
	}{
		"no client":      {nil, "missing"},
		"nil client":     {(*redis.Client)(nil), "missing"},
		"nil cluster":    {(*redis.ClusterClient)(nil), "missing"},
		"ring":           {ring, "a Ring"},
		"unknown client": {unknownClient{client}, "an implementation"},
		"a good client":  {client, ""},
	} {
		want := []string{"ratelimit/redisstore: Prefix", "ratelimit/redisstore: Timeout", "ratelimit/redisstore: Refusals", `ratelimit/redisstore: LeaseAmong: "-1": not between 0 and 100000; give the number of processes`}
		if c.reason != "" {
			want = append(want, "ratelimit/redisstore: client: "+c.reason)
		}
		s, err := redisstore.New(c.client, bad)
		if s != nil {
			t.Errorf("%s: a Store", name)
		}
		mwtest.Faults(t, err, want...)
		for _, leaf := range mwtest.Leaves(err) {
			if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Fix == "" || e.Reason == "" {
				t.Errorf("%s: %v", name, leaf)
			}
		}
	}
}

// newUnconnectedStore returns a Store of a server that does not exist.
func newUnconnectedStore(t *testing.T, cfg redisstore.Config) *redisstore.Store {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	s := mwtest.Must[*redisstore.Store](t)(redisstore.New(client, cfg))
	t.Cleanup(func() { _ = errors.Join(s.Close(), client.Close()) })
	return s
}

func TestOpenRefuses(t *testing.T) {
	s := newUnconnectedStore(t, redisstore.Config{})
	_, err := s.Open("a b", nil)
	mwtest.Faults(t, err, "ratelimit/redisstore: name", "ratelimit/redisstore: limits")
	_, err = s.Open("", []ratelimit.Limit{{Quota: 0, Window: time.Second}, {Quota: 1, Window: 5}})
	mwtest.Faults(t, err, "ratelimit/redisstore: name", "ratelimit/redisstore: limits[0].Quota", "ratelimit/redisstore: limits[1].Window")
}

// The Store accepts the longest names that package ratelimit accepts, and no longer
// ones.
func TestLongestNames(t *testing.T) {
	s := newUnconnectedStore(t, redisstore.Config{})
	name := strings.Repeat("n", 64)
	limits := []ratelimit.Limit{ratelimit.PerHour(20), {Quota: 10, Window: time.Minute, Shadow: true}}
	if _, err := ratelimit.New(ratelimit.Config{
		Name: name, Key: ratelimit.ByClientIP, Store: s, Limits: limits, MaxKeys: 1,
		Tiers: map[string][]ratelimit.Limit{name: limits}, Tier: func(*http.Request) string { return name },
	}); err != nil {
		t.Error(err)
	}
	_, err := s.Open(strings.Repeat("n", 137), limits)
	mwtest.Faults(t, err, "ratelimit/redisstore: name")
}

// Redis counts whole microseconds, so a sub-bucket of a short window is rounded up. A
// flood must still get 15/16 of the quota.
func TestOpenRefusesWindowsThatStarveAFlood(t *testing.T) {
	s := newUnconnectedStore(t, redisstore.Config{Refusals: -1})
	for window := time.Millisecond; window < 5*time.Millisecond; window += 333 * time.Nanosecond {
		micros := (window + 999) / 1000
		held := (micros + 63) / 64 * 65 * 1000 // how long a unit counts
		starves := float64(window)/float64(held) < 15./16
		if starves && (window > 2*time.Millisecond || window%(64*time.Microsecond) == 0) {
			t.Errorf("%v: the suggested fix does not help", window)
		}
		_, err := s.Open("short", []ratelimit.Limit{{Quota: 129, Window: window}})
		if (err != nil) != starves {
			t.Fatalf("%v: %v", window, err)
		}
		if starves {
			mwtest.Faults(t, err, "ratelimit/redisstore: limits[0].Window")
		}
		if _, err := s.Open("short", []ratelimit.Limit{{Quota: 128, Window: window}}); err != nil {
			t.Fatalf("%v of a small quota: %v", window, err)
		}
	}
	_, err := s.Open("short", []ratelimit.Limit{{Quota: 129, Window: 1025 * time.Microsecond}})
	mwtest.Faults(t, err, `ratelimit/redisstore: limits[0].Window: "1.025ms": too short`)
}

// The Store does not connect before the first decision, whatever the options say.
func TestNothingConnectsBeforeUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled := make(chan struct{}, 100)
	client := redis.NewClient(&redis.Options{Addr: l.Addr().String(), Dialer: func(context.Context, string, string) (net.Conn, error) {
		dialled <- struct{}{}
		return nil, errors.New("no")
	}})
	defer client.Close()
	s, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Open("idle", []ratelimit.Limit{ratelimit.PerMinute(5)})
	if err != nil {
		t.Fatal(err)
	}
	if len(dialled) != 0 {
		t.Error("New or Open connected")
	}
	if _, err := c.Take(context.Background(), [16]byte{1}, 1, false); err == nil || len(dialled) != 1 {
		t.Errorf("%v after %d dials, want one attempt", err, len(dialled))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Options of the given client that would break every promise have no effect.
func TestClientOptionsAreIgnored(t *testing.T) {
	client := redis.NewClient(&redis.Options{
		Addr: redistest.Start(t).Addr, ReadTimeout: 1, WriteTimeout: 1, PoolTimeout: 1, MaxRetries: 10, PoolSize: 1,
		MaxActiveConns: 1, Protocol: 3, Limiter: denyingLimiter{}, ClientSideCacheConfig: &redis.ClientSideCacheConfig{},
	})
	defer client.Close()
	s, err := redisstore.New(client, redisstore.Config{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Open("options", []ratelimit.Limit{ratelimit.PerMinute(5)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Take(context.Background(), [16]byte{1}, 1, false); err != nil || got.Granted != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

type denyingLimiter struct{}

func (denyingLimiter) Allow() error       { return errors.New("never") }
func (denyingLimiter) ReportResult(error) {}

func TestClassify(t *testing.T) {
	err := error(&redisstore.Error{Err: context.DeadlineExceeded})
	e := redisstore.Classify(errors.Join(errors.New("outer"), err))
	if e == nil || e.Status != http.StatusServiceUnavailable || !errors.Is(e, redisstore.ErrUnavailable) || !errors.Is(e, context.DeadlineExceeded) {
		t.Errorf("%v", e)
	}
	if redisstore.Classify(errors.New("other")) != nil || redisstore.Classify(nil) != nil {
		t.Error("classified an error of another package")
	}
	_ = httperr.Config{Classify: []func(error) *httperr.Error{redisstore.Classify}}
}
