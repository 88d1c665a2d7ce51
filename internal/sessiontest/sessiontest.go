// Package sessiontest tests any sessionstore.Store against the behaviours that every Store
// must have.
//
// # Use
//
//	for _, b := range sessiontest.Behaviours() {
//		t.Run(b.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) {
//				b.Run(sessiontest.Rig{T: t, Store: new(sessionstore.Memory), Pass: time.Sleep, Tick: time.Millisecond})
//			})
//		})
//	}
package sessiontest

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// A Rig is the store under test, and the clock of that store. Several rigs may share a
// store: each test uses subjects of its own.
type Rig struct {
	*testing.T
	sessionstore.Store
	Pass func(time.Duration)

	// Tick is the time that may pass for the store between two calls of Pass. It is less
	// than half a second.
	Tick time.Duration
}

// A Behaviour is a behaviour that every Store must have, as a test.
type Behaviour struct {
	Name string
	Run  func(Rig)
}

// Behaviours returns the behaviours that every Store must have.
func Behaviours() []Behaviour { return slices.Concat(creating, committing, ending, linking, revoking) }

const (
	keep   = 16 * time.Minute
	access = 15 * time.Minute
	idle   = time.Hour
	life   = 3 * time.Hour
)

var subjects atomic.Int64

// tag returns the tag of a new subject.
func tag() string {
	s := fmt.Sprintf("%026d", subjects.Add(1))
	return strings.NewReplacer("0", "A", "1", "B", "8", "C", "9", "D").Replace(s)
}

// sid returns the session ID of a subject with this number.
func sid(tag string, n int) string {
	s := fmt.Sprintf("%026d", n)
	return tag + strings.NewReplacer("0", "A", "1", "B", "8", "C", "9", "D").Replace(s)
}

// creation returns a session as the tests create it.
func creation(sid string) sessionstore.Creation {
	return sessionstore.Creation{
		SID: sid, Data: []byte("data of " + sid), State: []byte("state 0"),
		Idle: idle, Absolute: life, Access: access, Keep: keep,
	}
}

// must fails the test after an error.
func (r Rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// create creates the session that creation returns.
func (r Rig) create(sid string) sessionstore.Created {
	r.Helper()
	c, err := r.Create(r.Context(), creation(sid))
	r.must(err)
	c.Started, c.Expires = plain(c.Started), plain(c.Expires)
	return c
}

// read returns a session that must be there.
func (r Rig) read(sid string) sessionstore.Record {
	r.Helper()
	rec, found, err := r.Read(r.Context(), sid)
	r.must(err)
	if !found || rec.SID != sid {
		r.Fatalf("session %s: found %v, %+v", sid, found, rec)
	}
	return plainRecord(rec)
}

// commit commits a change that must have this outcome.
func (r Rig) commit(c sessionstore.Commit, want sessionstore.Outcome) sessionstore.Record {
	r.Helper()
	c.Idle = idle
	rec, got, err := r.Commit(r.Context(), c)
	r.must(err)
	if got != want {
		r.Fatalf("outcome %d, want %d", got, want)
	}
	return plainRecord(rec)
}

// plain returns t in a form that can be compared with ==, for stores with other locations.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }

func plainRecord(r sessionstore.Record) sessionstore.Record {
	for _, t := range []*time.Time{&r.Started, &r.LastUsed, &r.Rotated, &r.Expires, &r.Ends, &r.AccessUntil, &r.Now} {
		*t = plain(*t)
	}
	return r
}

// rotation returns a rotation from one state to another.
func rotation(sid, from, to string) sessionstore.Commit {
	return sessionstore.Commit{
		SID: sid, Old: []byte(from), New: []byte(to), Idle: idle, Access: access,
		Rotates: true, Sealed: []byte("sealed " + to), SealedFor: 30 * time.Second,
	}
}

// end ends sessions, and requires the IDs that End returns.
func (r Rig) end(sids []string, want ...string) {
	r.Helper()
	ended, err := r.End(r.Context(), sids, keep)
	r.must(err)
	r.same(ended, want)
}

// check returns the verdict about a session of a subject.
func (r Rig) check(tag, sid string) sessionstore.Verdict {
	r.Helper()
	v, err := r.Check(r.Context(), sessionstore.Query{Tag: tag, SID: sid})
	r.must(err)
	return v
}

// checkToken reports whether a token of a subject is revoked.
func (r Rig) checkToken(tag string, tokens ...[16]byte) bool {
	r.Helper()
	q := sessionstore.Query{Tag: tag}
	copy(q.Tokens[:], tokens)
	v, err := r.Check(r.Context(), q)
	r.must(err)
	return v.Token
}

// ids returns the session IDs in the list of a subject.
func (r Rig) ids(tag string) (ids []string) {
	r.Helper()
	records, now, err := r.List(r.Context(), tag)
	r.must(err)
	for _, rec := range records {
		if now.Before(rec.Expires) {
			ids = append(ids, rec.SID)
		}
	}
	return ids
}

// same compares two lists without their order.
func (r Rig) same(got, want []string) {
	r.Helper()
	if g, w := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)); !slices.Equal(g, w) {
		r.Fatalf("sessions %q, want %q", g, w)
	}
}

// near requires that a moment is d after another one, except for the ticks of the test.
func (r Rig) near(name string, got, from time.Time, d time.Duration) {
	r.Helper()
	if off := got.Sub(from) - d; off < -20*r.Tick || off > 20*r.Tick {
		r.Fatalf("%s is %v after %v, want %v", name, got.Sub(from), from, d)
	}
}
