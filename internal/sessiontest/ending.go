package sessiontest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

var ending = []Behaviour{
	{"an ended session is gone and revoked", func(r Rig) {
		tag := tag()
		for n := range 3 {
			r.create(sid(tag, n))
		}
		r.end([]string{sid(tag, 0), sid(tag, 1), sid(tag, 7)}, sid(tag, 0), sid(tag, 1))
		r.same(r.ids(tag), []string{sid(tag, 2)})
		if _, found, err := r.Read(r.Context(), sid(tag, 0)); found || err != nil {
			r.Errorf("found %v, %v", found, err)
		}
		r.commit(rotation(sid(tag, 0), "state 0", "state 1"), sessionstore.Ended)
		if v := r.check(tag, sid(tag, 0)); !v.Session || !v.Started.IsZero() || !v.NotBefore.IsZero() || v.Token {
			r.Errorf("%+v", v)
		}
		if v := r.check(tag, sid(tag, 2)); v.Session || v.Started.IsZero() {
			r.Errorf("%+v", v)
		}
		if r.check(tag, sid(tag, 7)).Session {
			r.Error("a session that never was is revoked")
		}
	}},
	{"a retry of End ends nothing", func(r Rig) {
		tag := tag()
		r.create(sid(tag, 0))
		r.end([]string{sid(tag, 0)}, sid(tag, 0))
		r.end([]string{sid(tag, 0)})
		if !r.check(tag, sid(tag, 0)).Session {
			r.Error("not revoked")
		}
	}},
	{"an ended session is revoked for keep", func(r Rig) {
		tag := tag()
		r.create(sid(tag, 0))
		r.Pass(10 * time.Minute)
		r.end([]string{sid(tag, 0)}, sid(tag, 0))
		r.Pass(keep - time.Second)
		if !r.check(tag, sid(tag, 0)).Session {
			r.Error("too early")
		}
		r.Pass(2 * time.Second)
		if r.check(tag, sid(tag, 0)).Session {
			r.Error("too late")
		}
	}},
	{"an ended session is revoked until its access tokens have expired", func(r Rig) {
		tag := tag()
		r.create(sid(tag, 0))
		r.commit(sessionstore.Commit{SID: sid(tag, 0), Access: 40 * time.Minute}, sessionstore.Applied)
		r.end([]string{sid(tag, 0)}, sid(tag, 0))
		r.Pass(40*time.Minute - time.Second)
		if !r.check(tag, sid(tag, 0)).Session {
			r.Error("too early")
		}
		r.Pass(2 * time.Second)
		if r.check(tag, sid(tag, 0)).Session {
			r.Error("too late")
		}
	}},
	{"an expired session with a good access token can be revoked", func(r Rig) {
		for name, revoke := range map[string]func(tag string) error{
			"End": func(tag string) error {
				_, err := r.End(r.Context(), []string{sid(tag, 0)}, keep)
				return err
			},
			"RevokeSubject": func(tag string) error {
				_, err := r.RevokeSubject(r.Context(), tag, keep, 24*time.Hour)
				return err
			},
		} {
			tag := tag()
			r.create(sid(tag, 0))
			r.Pass(idle - time.Minute)
			c := creation(sid(tag, 0))
			_, outcome, err := r.Commit(r.Context(), sessionstore.Commit{SID: c.SID, Idle: time.Minute, Access: access})
			if r.must(err); outcome != sessionstore.Applied {
				r.Fatal(outcome)
			}
			r.Pass(2 * time.Minute)
			r.same(r.ids(tag), nil)
			if all, _, err := r.List(r.Context(), tag); err != nil || len(all) != 1 {
				r.Errorf("%d sessions are listed, %v", len(all), err)
			}
			r.must(revoke(tag))
			if !r.check(tag, sid(tag, 0)).Session {
				r.Errorf("%s: the access token would pass", name)
			}
		}
	}},
	{"an end and a commit at a time", func(r Rig) {
		for n := range 20 {
			tag := tag()
			id := sid(tag, n)
			r.create(id)
			var outcome atomic.Int32
			var wg sync.WaitGroup
			wg.Go(func() {
				_, o, err := r.Commit(context.Background(), sessionstore.Commit{SID: id, Idle: idle, Access: 2 * access})
				if err == nil && o == sessionstore.Applied {
					outcome.Store(1)
				}
			})
			wg.Go(func() { _, _ = r.End(context.Background(), []string{id}, time.Minute) })
			wg.Wait()
			r.end([]string{id}) // it has ended, unless End got no answer
			if outcome.Load() == 0 {
				continue
			}
			r.Pass(2*access - time.Minute)
			if !r.check(tag, id).Session {
				r.Fatal("the commit was before the end, and its access token is not revoked")
			}
		}
	}},
}

var linking = []Behaviour{
	{"linked sessions are found by their beginning", func(r Rig) {
		one, other, key := tag(), tag(), tag()
		first := r.create(sid(one, 0))
		r.link(key, sid(one, 0), first.Started)
		r.Pass(time.Second)
		second := r.create(sid(other, 0))
		r.link(key, sid(other, 0), second.Started)
		r.linked(key, first.Started.Add(-time.Millisecond))
		r.linked(key, first.Started, sid(one, 0))
		r.linked(key, second.Started, sid(one, 0), sid(other, 0))
		r.linked(tag(), second.Started)
		r.end([]string{sid(one, 0)}, sid(one, 0))
		r.linked(key, second.Started.Add(-time.Millisecond), sid(one, 0))
	}},
	{"a link of a session that began before is told", func(r Rig) {
		one, key := tag(), tag()
		started := r.create(sid(one, 0)).Started
		if until := r.link(key, sid(one, 0), started); !until.IsZero() {
			r.Fatalf("%v", until)
		}
		r.linked(key, started.Add(time.Second), sid(one, 0))
		r.linked(key, started, sid(one, 0)) // the later one stays
		for range 2 {
			if until := r.link(key, sid(one, 1), started); !until.Equal(started.Add(time.Second)) {
				r.Errorf("%v, want %v", until, started.Add(time.Second))
			}
		}
		r.Pass(time.Hour)
		if until := r.link(key, sid(one, 2), started); !until.IsZero() {
			r.Errorf("remembered for too long: %v", until)
		}
	}},
	{"a link is kept for its time", func(r Rig) {
		one, key := tag(), tag()
		started := r.create(sid(one, 0)).Started
		r.link(key, sid(one, 0), started)
		r.Pass(2*time.Hour - time.Second)
		r.linked(key, started, sid(one, 0))
		r.Pass(2 * time.Second)
		r.linked(key, started)
	}},
}

// link links a session for two hours.
func (r Rig) link(key, sid string, started time.Time) time.Time {
	r.Helper()
	until, err := r.Link(r.Context(), sessionstore.Link{Upstream: key, SID: sid, Started: started, Keep: 2 * time.Hour})
	r.must(err)
	return until
}

// linked requires the sessions that Linked returns.
func (r Rig) linked(key string, until time.Time, want ...string) {
	r.Helper()
	sids, err := r.Linked(r.Context(), key, until, time.Hour)
	r.must(err)
	r.same(sids, want)
}
