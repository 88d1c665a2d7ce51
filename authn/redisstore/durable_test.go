package redisstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// changes returns a call of each method that changes something.
func changes(s *Sessions) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error { _, err := s.Create(ctx, testCreation(testSID)); return err },
		"Commit": func(ctx context.Context) error {
			_, _, err := s.Commit(ctx, testRotation(testSID, "state 0", "state 1"))
			return err
		},
		"Link": func(ctx context.Context) error {
			_, err := s.Link(ctx, sessionstore.Link{Upstream: testTag, SID: testSID, Started: time.Now(), Keep: time.Hour})
			return err
		},
		"Linked": func(ctx context.Context) error {
			_, err := s.Linked(ctx, testTag, time.Now(), time.Hour)
			return err
		},
		"Note": func(ctx context.Context) error { return s.store.Logouts().Note(ctx, testTag, time.Now(), time.Hour) },
		"Swap": func(ctx context.Context) error {
			_, err := s.store.Tokens().Swap(ctx, testTag, nil, []byte("sealed"), time.Hour)
			return err
		},
		"RevokeToken": func(ctx context.Context) error { return s.RevokeToken(ctx, testTag, [16]byte{1}, time.Hour) },
		"End": func(ctx context.Context) error {
			_, err := s.End(ctx, []string{testSID}, time.Hour)
			return err
		},
		"RevokeSubject": func(ctx context.Context) error {
			_, err := s.RevokeSubject(ctx, testTag, time.Hour, time.Hour)
			return err
		},
	}
}

// reads returns a call of each method that changes nothing.
func reads(s *Sessions) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Noted": func(ctx context.Context) error { _, err := s.store.Logouts().Noted(ctx, testTag); return err },
		"Load":  func(ctx context.Context) error { _, err := s.store.Tokens().Load(ctx, testTag); return err },
		"Read":  func(ctx context.Context) error { _, _, err := s.Read(ctx, testSID); return err },
		"List":  func(ctx context.Context) error { _, _, err := s.List(ctx, testTag); return err },
		"Check": func(ctx context.Context) error { _, err := s.Check(ctx, sessionstore.Query{Tag: testTag}); return err },
	}
}

// A master without replicas applies each change, and every call says that no replica has it,
// also when it is made again. That is no outage.
func TestChangesThatNoReplicaHas(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{Replicas: 1, ReplicaTimeout: time.Millisecond}).Sessions()
	for name, change := range changes(s) { // more calls than failures that open the breaker
		for range 2 {
			if err := change(t.Context()); !errors.Is(err, ErrNotReplicated) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// A test of the order: the session ends, and a reader must not believe it.
	server.Flush()
	_, createErr := s.Create(t.Context(), testCreation(testSID))
	if _, found, err := s.Read(t.Context(), testSID); err != nil || !found || !errors.Is(createErr, ErrNotReplicated) {
		t.Fatalf("%v %v", found, err)
	}
	_, endErr := s.End(t.Context(), []string{testSID}, time.Hour)
	_, found, err := s.Read(t.Context(), testSID)
	if found || !errors.Is(err, ErrNotReplicated) || !errors.Is(endErr, ErrNotReplicated) {
		t.Errorf("an end that no replica has: %v, %v", found, err)
	}
	if v, err := s.Check(t.Context(), sessionstore.Query{Tag: testTag, SID: testSID}); err != nil || !v.Session {
		t.Errorf("%+v, %v", v, err)
	}
	never := testTag + strings.Repeat("Z", 26)
	if _, found, err := s.Read(t.Context(), never); found || err != nil {
		t.Errorf("a session that never was: %v", err)
	}
}

// While the replicas hang, an end is not confirmed, and a retry confirms it as soon as one of
// them has it.
func TestRetryWaitsForTheReplicas(t *testing.T) {
	sentinel := redistest.StartSentinel(t)
	s := newStoreFor(t, failoverClient(sentinel), Config{Replicas: 1, ReplicaTimeout: 100 * time.Millisecond}).Sessions()
	awaitReplicas(t, s)
	createSession(t, s, testSID)
	for _, replica := range sentinel.Nodes[1:] {
		replica.Freeze()
	}
	ended, err := s.End(t.Context(), []string{testSID}, time.Hour)
	for range 3 {
		if !errors.Is(err, ErrNotReplicated) || len(ended) > 0 {
			t.Fatalf("confirmed by frozen replicas: %v, %v", ended, err)
		}
		ended, err = s.End(t.Context(), []string{testSID}, time.Hour)
	}
	sentinel.Nodes[1].Thaw()
	for range 100 {
		if ended, err = s.End(t.Context(), []string{testSID}, time.Hour); err == nil {
			break
		}
	}
	if err != nil || len(ended) > 0 {
		t.Fatalf("%v, %v", ended, err)
	}
	key := s.key(testTag)
	got, err := sentinel.Nodes[1].Do("HEXISTS", key, "e"+testSID)
	if err != nil || got != int64(1) {
		t.Errorf("the replica does not have the end: %v, %v", got, err)
	}
	sentinel.Nodes[2].Thaw()
}

// On a cluster the replicas of the master of each subject are waited for. A key that moves
// meanwhile is followed.
func TestReplicasOfACluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	s := newStoreFor(t, client, Config{Replicas: 1, ReplicaTimeout: 500 * time.Millisecond}).Sessions()
	sids := make([]string, 12)
	confirmed := func(call func() error) {
		t.Helper()
		var err error
		for range 40 {
			if err = call(); !errors.Is(err, ErrNotReplicated) {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range sids {
		sids[i] = fmt.Sprint(testTag[:25], string(rune('A'+i)), testSID[sessionstore.TagLen:])
		confirmed(func() error { _, err := s.Create(t.Context(), testCreation(sids[i])); return err })
	}
	from := cluster.MasterOf(s.key(sids[0][:sessionstore.TagLen]))
	to := cluster.Nodes[slices.IndexFunc(cluster.Nodes, func(n *redistest.Server) bool { return n != from })]
	cluster.Reshard(t, from, to, 16384/3-50) // a master without any slot becomes a replica
	for _, sid := range sids {
		confirmed(func() error { _, err := s.End(t.Context(), []string{sid}, time.Hour); return err })
		if v, err := s.Check(t.Context(), sessionstore.Query{Tag: sid[:sessionstore.TagLen], SID: sid}); err != nil || !v.Session {
			t.Errorf("%+v, %v", v, err)
		}
	}
}

// A frozen server costs each call its time and no more. Then calls fail at once, until the
// server answers again.
func TestSessionsOutage(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{Timeout: 30 * time.Millisecond}).Sessions()
	createSession(t, s, testSID)
	calls := changes(s)
	maps.Copy(calls, reads(s))
	server.Freeze()
	failed := 0
	for range failureThreshold {
		for name, call := range calls {
			if err := call(t.Context()); err == nil {
				t.Fatalf("%s: a frozen server answered", name)
			} else if errors.Is(err, errPaused) {
				failed++
			}
		}
	}
	if failed < len(calls) {
		t.Errorf("%d of %d calls failed at once", failed, failureThreshold*len(calls))
	}
	server.Thaw()
	for begin := time.Now(); ; <-time.After(5 * time.Millisecond) {
		if _, err := s.Check(t.Context(), sessionstore.Query{Tag: testTag, SID: testSID}); err == nil {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the Store does not recover")
		}
	}
}
