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

// A check costs four allocations more than a bare call of a script with as many arguments.
func TestCheckAllocations(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{}).Sessions()
	createSession(t, s, testSID)
	q := sessionstore.Query{Tag: testTag, Tokens: [2][16]byte{{1}}, SID: testSID}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	run := func(f func() error) func() {
		return func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := run(func() error { _, err := s.Check(ctx, q); return err })
	check() // loads the script
	if err := s.store.client.Set(ctx, "some key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	get := testing.AllocsPerRun(200, run(func() error {
		return s.store.client.Process(ctx, redis.NewStringCmd(ctx, "get", "some key"))
	}))
	sha := redis.NewScript(revokedSource).Hash()
	token, key := strings.Repeat("t", 16), s.key(testTag)
	evalsha := testing.AllocsPerRun(200, run(func() error {
		return s.store.client.Process(ctx, redis.NewStringCmd(ctx, "evalsha", sha, 1, key, token, "", testSID))
	}))
	t.Logf("GET %v, EVALSHA %v, Check %v", get, evalsha, testing.AllocsPerRun(200, check))
}
