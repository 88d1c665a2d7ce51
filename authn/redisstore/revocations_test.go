package redisstore

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

const (
	testTag = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	testSID = testTag + "234567ABCDEFGHIJKLMNOPQRST"
)

// testCreation returns a session as the tests create it.
func testCreation(sid string) sessionstore.Creation {
	return sessionstore.Creation{
		SID: sid, Data: []byte("data"), State: []byte("state 0"),
		Idle: time.Hour, Absolute: 3 * time.Hour, Access: 15 * time.Minute, Keep: 16 * time.Minute,
	}
}

// testRotation returns a rotation of a session as the tests create it.
func testRotation(sid, from, to string) sessionstore.Commit {
	return sessionstore.Commit{
		SID: sid, Idle: time.Hour, Access: 15 * time.Minute, Old: []byte(from), New: []byte(to),
		Rotates: true, Sealed: []byte("sealed " + to), SealedFor: 30 * time.Second,
	}
}

// createSession creates a session.
func createSession(t testing.TB, s *Sessions, sid string) sessionstore.Created {
	t.Helper()
	return mwtest.Must[sessionstore.Created](t)(s.Create(t.Context(), testCreation(sid)))
}

// A check within a deadline allocates at most four times. On a cluster, it allocates at most
// four times more than go-redis does for a bare call of a script.
func TestCheckAllocations(t *testing.T) {
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: redistest.StartCluster(t).Addrs()})
	one := newStore(t, redistest.Start(t).Addr, Config{}).Sessions()
	several := newStoreFor(t, cluster, Config{}).Sessions()
	q := sessionstore.Query{Tag: testTag, Tokens: [2][16]byte{{1}}, SID: testSID}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	check := func(s *Sessions) func() {
		return func() {
			if _, err := s.Check(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
	}
	createSession(t, one, testSID)
	createSession(t, several, testSID)
	mwtest.MaxAllocs(t, "a check on one server", 4, check(one))
	check(several)() // loads the script
	digest, token, key := redis.NewScript(revokedSource).Hash(), strings.Repeat("t", 16), several.key(testTag)
	bare := testing.AllocsPerRun(200, func() {
		cmd := redis.NewStringCmd(ctx, "evalsha", digest, 1, key, token, "", testSID)
		if err := several.store.client.Process(ctx, cmd); err != nil {
			t.Fatal(err)
		}
	})
	mwtest.MaxAllocs(t, "a check on a cluster", bare+4, check(several))
	if len(testTag) != sessionstore.TagLen || len(testSID) != sidLen {
		t.Error("the IDs of the test have another form")
	}
}

// A Redis that has lost its data brings no ended session back. A check of a session that it
// does not know is decided by the time since when it knows the subject.
func TestLostDataEndSessions(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{}).Sessions()
	ask := func(sid string) sessionstore.Verdict {
		t.Helper()
		return mwtest.Must[sessionstore.Verdict](t)(s.Check(t.Context(), sessionstore.Query{Tag: testTag, SID: sid}))
	}
	createSession(t, s, testSID)
	if v := ask(testSID); v.Session || v.Started.IsZero() {
		t.Fatalf("%+v", v)
	}
	server.Flush()
	if v := ask(testSID); !v.Session {
		t.Errorf("a session of a subject without data: %+v", v)
	}
	if v := ask(""); v != (sessionstore.Verdict{}) {
		t.Errorf("a token without a session: %+v", v)
	}
	again := createSession(t, s, sidA)
	if v := ask(testSID); v.Session || v.NotBefore.IsZero() || v.NotBefore.After(again.Started) {
		t.Errorf("a session of before: %+v", v)
	}
	if v := ask(sidA); v.Session || !v.NotBefore.IsZero() || !v.Started.Equal(again.Started) {
		t.Errorf("a session of after: %+v", v)
	}
}
