package faults

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A taker is the subject of every proof: it takes n units of a key, or none. An error
// leaves open whether the units were taken.
type taker interface {
	Take(ctx context.Context, key [16]byte, n int) (granted int, err error)
}

// A limit is the limit that the subject has to hold.
type limit struct {
	quota  int
	window time.Duration
}

// forever is longer than any test, so no unit returns to a window during a test.
const forever = time.Hour

// A subject is one way to make a taker from the client of a user. The client has
// default options: retries are on, deadlines of contexts are ignored.
type subject struct {
	name        string
	cluster     bool        // the user has a ClusterClient
	calibration bool        // shows that a proof can be passed
	tls         *tls.Config // of the client; nil: the client has no TLS
	open        func(client redis.UniversalClient, l limit) (taker, func() error, error)
}

// user returns a client as a user would pass it to the subject.
func (s subject) user(addr string) redis.UniversalClient {
	if !s.cluster {
		return redis.NewClient(&redis.Options{Addr: addr, TLSConfig: s.tls})
	}
	// With fixed slots any server is a cluster of one node. So the retries of the
	// cluster client, which differ from those of the other client, meet every fault.
	return redis.NewClusterClient(&redis.ClusterOptions{
		TLSConfig: s.tls,
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

// attach opens the subject on the client of a user. It returns a function that ends
// everything that attach has started. That function may be called more than once.
func (s subject) attach(tb testing.TB, user redis.UniversalClient, l limit) (taker, func()) {
	tb.Helper()
	t, closeTaker, err := s.open(user, l)
	if err != nil {
		_ = user.Close() // only the first error matters
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

// soundSubjects returns the subjects that must pass every proof.
func soundSubjects() []subject {
	return append([]subject{
		{name: "reference", calibration: true, open: openReference},
		{name: "reference/cluster", cluster: true, calibration: true, open: openReference},
	}, storeSubjects()...)
}

// subjectByName returns the subject of a child process.
func subjectByName(name string) (subject, bool) {
	for _, s := range append(soundSubjects(), checkThenAct) {
		if s.name == name {
			return s, true
		}
	}
	return subject{}, false
}
