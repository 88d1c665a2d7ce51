package faults

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// taker is what every proof here is about: n units of a key, or none of them.
// An error leaves open whether the units were taken.
type taker interface {
	Take(ctx context.Context, key [16]byte, n int) (granted int, err error)
}

// limit is what the subject has to hold.
type limit struct {
	quota  int
	window time.Duration
}

// forever is longer than any test: nothing comes back to a window during it.
const forever = time.Hour

// subject is one way to make a taker out of the client of a user, whose options
// are the defaults: retries are on, deadlines of contexts are ignored.
type subject struct {
	name        string
	cluster     bool // the user has a ClusterClient
	calibration bool // here to show that a proof can be passed
	open        func(client redis.UniversalClient, l limit) (taker, func() error, error)
}

// user returns the client that a user would hand to the subject.
func (s subject) user(addr string) redis.UniversalClient {
	if !s.cluster {
		return redis.NewClient(&redis.Options{Addr: addr})
	}
	// Fixed slots make a cluster of one out of any server, so that the retries of
	// the cluster client, which are not those of the other one, meet every fault.
	return redis.NewClusterClient(&redis.ClusterOptions{
		ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
			return []redis.ClusterSlot{{Start: 0, End: 16383, Nodes: []redis.ClusterNode{{Addr: addr}}}}, nil
		},
	})
}

// start opens the subject on addr, as attach does.
func (s subject) start(tb testing.TB, addr string, l limit) (taker, func()) {
	tb.Helper()
	return s.attach(tb, s.user(addr), l)
}

// attach opens the subject on the client of a user. What it returns ends everything that it has
// started, and may be called more than once.
func (s subject) attach(tb testing.TB, user redis.UniversalClient, l limit) (taker, func()) {
	tb.Helper()
	t, closeTaker, err := s.open(user, l)
	if err != nil {
		_ = user.Close() // the first error is the one to see
		tb.Fatalf("%s: %v", s.name, err)
	}
	ended := false
	end := func() {
		if ended {
			return
		}
		ended = true
		if err := closeTaker(); err != nil {
			tb.Errorf("%s: close: %v", s.name, err)
		}
		if err := user.Close(); err != nil {
			tb.Errorf("%s: close the client: %v", s.name, err)
		}
	}
	tb.Cleanup(end)
	return t, end
}

// sound returns the subjects that must pass every proof.
func sound() []subject {
	return append([]subject{
		{name: "reference", calibration: true, open: openReference},
		{name: "reference/cluster", cluster: true, calibration: true, open: openReference},
	}, storeSubjects()...)
}

// byName finds the subject that a child process was told to run.
func byName(name string) (subject, bool) {
	for _, s := range append(sound(), checkThenAct) {
		if s.name == name {
			return s, true
		}
	}
	return subject{}, false
}
