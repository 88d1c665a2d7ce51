package redisstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// What Redis can hold instead of the data of a subject is an error of every call.
func TestForeignSessionsAreAnOutage(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{}).Sessions()
	calls := changes(s)
	maps.Copy(calls, reads(s))
	for _, other := range []string{"Link", "Linked", "Note", "Noted", "Swap", "Load"} { // of other keys
		delete(calls, other)
	}
	key := s.key(testTag)
	for state, setup := range map[string][]any{
		"another type":   {"SET", key, "text"},
		"another format": {"HSET", key, "format", "2"},
	} {
		for name, call := range calls {
			server.Flush()
			if _, err := server.Do(setup...); err != nil {
				t.Fatal(err)
			}
			if err := call(t.Context()); err == nil {
				t.Errorf("%s: %s: no error", state, name)
			}
		}
	}
	for _, value := range []string{"", "short", strings.Repeat("\xff", recordHead)} {
		server.Flush()
		if _, err := server.Do("HSET", key, "format", "1", "s"+testSID, []byte(value)); err != nil {
			t.Fatal(err)
		}
		if _, found, err := s.Read(t.Context(), testSID); found && err == nil {
			t.Errorf("%q is a session", value)
		}
	}
	if _, err := server.Do("SET", s.upstream+upstreamKey+"}", "text"); err != nil {
		t.Fatal(err)
	}
	for _, st := range []step{linkStep, linkedStep} {
		if _, err := st.run(t.Context(), s); err == nil {
			t.Errorf("%s: no error", st.name)
		}
	}
}

// An ID of another form is an error and reaches no key.
func TestIDsOfAnotherForm(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{}).Sessions()
	for _, sid := range []string{"", "A", testTag} {
		_, createErr := s.Create(t.Context(), testCreation(sid))
		_, _, readErr := s.Read(t.Context(), sid)
		_, _, commitErr := s.Commit(t.Context(), testRotation(sid, "a", "b"))
		_, endErr := s.End(t.Context(), []string{sid}, time.Hour)
		_, linkErr := s.Link(t.Context(), sessionstore.Link{Upstream: upstreamKey, SID: sid})
		for i, err := range []error{createErr, readErr, commitErr, endErr, linkErr} {
			if !errors.Is(err, errSID) {
				t.Errorf("%q: call %d: %v", sid, i, err)
			}
		}
	}
	_, twoErr := s.End(t.Context(), []string{testSID, strings.Repeat("B", sidLen)}, time.Hour)
	_, noneErr := s.End(t.Context(), nil, time.Hour)
	_, tagErr := s.Check(t.Context(), sessionstore.Query{Tag: "A"})
	if !errors.Is(twoErr, errSID) || !errors.Is(noneErr, errSID) || !errors.Is(tagErr, errSID) {
		t.Errorf("%v, %v, %v", twoErr, noneErr, tagErr)
	}
	if keys, err := server.Do("DBSIZE"); err != nil || keys != int64(0) {
		t.Errorf("%v keys, %v", keys, err)
	}
}

// A Create that comes again after its session has ended does not bring the session back.
func TestLateRetryOfCreate(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{}).Sessions()
	createSession(t, s, testSID)
	if _, err := s.End(t.Context(), []string{testSID}, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), testCreation(testSID)); !errors.Is(err, errEndedAgain) {
		t.Error(err)
	}
	if _, found, err := s.Read(t.Context(), testSID); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// What is over is deleted while other things are written, so a hash does not grow for ever.
func TestHashesArePruned(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	s := newStore(t, server.Addr, Config{}).Sessions()
	if _, err := s.RevokeSubject(t.Context(), testTag, time.Minute, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		token := [16]byte{byte(i), byte(i >> 8), 1}
		linked := sessionstore.Link{Upstream: upstreamKey, SID: fmt.Sprintf("%s%026d", testTag, i), Keep: time.Minute}
		_, linkErr := s.Link(t.Context(), linked)
		if err := errors.Join(linkErr, s.RevokeToken(t.Context(), testTag, token, time.Minute)); err != nil {
			t.Fatal(err)
		}
		clock.Shift(time.Second)
	}
	for _, key := range []string{s.key(testTag), s.upstream + upstreamKey + "}"} {
		if n, err := server.Do("HLEN", key); err != nil || n.(int64) > 200 {
			t.Errorf("%s has %v fields, %v", key, n, err)
		}
	}
	clock.Shift(25 * time.Hour)
	for _, key := range []string{s.key(testTag), s.upstream + upstreamKey + "}"} {
		if n, err := server.Do("EXISTS", key); err != nil || n != int64(0) {
			t.Errorf("%s is still there, %v", key, err)
		}
	}
}

// The rights that doc.go names are enough.
func TestSessionRights(t *testing.T) {
	server := redistest.Start(t)
	for user, line := range map[string]string{
		"sessions": "ACL SETUSER sessions on >password ~sallyport:authn:* +eval +evalsha +time +hget +hmget +hgetall " +
			"+hexists +hlen +hset +hsetnx +hdel +pttl +pexpire +get +set +del +wait",
		"check": "ACL SETUSER check on >password ~sallyport:authn:* +eval +evalsha +time +hmget",
	} {
		var args []any
		for _, a := range strings.Fields(line) {
			args = append(args, a)
		}
		if _, err := server.Do(args...); err != nil {
			t.Fatal(err)
		}
		client := redis.NewClient(&redis.Options{Addr: server.Addr, Username: user, Password: "password"})
		s := newStoreFor(t, client, Config{}).Sessions()
		calls := reads(s)
		if user == "check" {
			calls = map[string]func(context.Context) error{"Check": calls["Check"]}
			if err := changes(s)["Create"](t.Context()); err == nil {
				t.Error("a user who may only check has created a session")
			}
		} else {
			maps.Copy(calls, changes(s))
		}
		for name, call := range calls {
			if err := call(t.Context()); err != nil {
				t.Errorf("%s: %s: %v", user, name, err)
			}
		}
	}
}

// encodeRecord writes the value of a session as sessions.lua does.
func encodeRecord(r *sessionstore.Record) string {
	var b strings.Builder
	for _, t := range []time.Time{r.Started, r.LastUsed, r.Rotated, r.Expires, r.Ends, r.AccessUntil} {
		n := int64(0)
		if !t.IsZero() {
			n = t.UnixMilli()
		}
		for shift := 56; shift >= 0; shift -= 8 {
			b.WriteByte(byte(n >> shift))
		}
	}
	n := len(r.Data)
	b.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	b.Write(r.Data)
	b.Write(r.State)
	return b.String()
}

// A value that is read as a session is the value of that session.
func FuzzParseRecord(f *testing.F) {
	now := time.UnixMilli(1_700_000_000_000)
	f.Add(encodeRecord(&sessionstore.Record{Data: []byte("data"), State: []byte("state"), Started: now, LastUsed: now, Expires: now, Ends: now}))
	f.Add(strings.Repeat("\xff", recordHead+3))
	f.Add(strings.Repeat("\x00", recordHead))
	f.Add("short")
	f.Fuzz(func(t *testing.T, value string) {
		r, err := parseRecord(testSID, value, "sealed", now)
		if err != nil {
			return
		}
		if again := encodeRecord(&r); again != value {
			t.Errorf("%q is read as %+v, which is %q", value, r, again)
		}
		if r.SID != testSID || string(r.Sealed) != "sealed" || !r.Now.Equal(now) {
			t.Errorf("%+v", r)
		}
	})
}
