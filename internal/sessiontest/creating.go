package sessiontest

import (
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

var creating = []Behaviour{
	{"a session is as it was created", func(r Rig) {
		tag := tag()
		created := r.create(sid(tag, 1))
		if created.Full || len(created.Ended) > 0 || created.Expires != created.Started.Add(idle) {
			r.Fatalf("%+v", created)
		}
		rec := r.read(sid(tag, 1))
		if string(rec.Data) != "data of "+sid(tag, 1) || string(rec.State) != "state 0" || len(rec.Sealed) > 0 || !rec.Rotated.IsZero() {
			r.Errorf("%+v", rec)
		}
		if !rec.Started.Equal(created.Started) || !rec.LastUsed.Equal(rec.Started) || !rec.Expires.Equal(created.Expires) ||
			!rec.Ends.Equal(rec.Started.Add(life)) || !rec.AccessUntil.Equal(rec.Started.Add(access)) {
			r.Errorf("%+v", rec)
		}
		r.near("Now", rec.Now, rec.Started, 0)
		r.Pass(time.Minute)
		r.near("Now", r.read(sid(tag, 1)).Now, rec.Started, time.Minute)
	}},
	{"a session without an access token", func(r Rig) {
		tag := tag()
		c := creation(sid(tag, 1))
		c.Access = 0
		_, err := r.Create(r.Context(), c)
		r.must(err)
		if rec := r.read(c.SID); !rec.AccessUntil.IsZero() {
			r.Errorf("%+v", rec)
		}
	}},
	{"an unknown session is not found", func(r Rig) {
		tag := tag()
		r.create(sid(tag, 1))
		if rec, found, err := r.Read(r.Context(), sid(tag, 2)); found || err != nil {
			r.Errorf("%+v %v", rec, err)
		}
		if ids := r.ids(sid(tag, 9)[1:27]); len(ids) > 0 {
			r.Errorf("an unknown subject has %q", ids)
		}
	}},
	{"a retry of Create changes nothing", func(r Rig) {
		tag := tag()
		c := creation(sid(tag, 1))
		c.Max = 1
		first, err := r.Create(r.Context(), c)
		r.must(err)
		r.commit(rotation(c.SID, "state 0", "state 1"), sessionstore.Applied)
		r.Pass(time.Second)
		again, err := r.Create(r.Context(), c)
		r.must(err)
		if again.Full || len(again.Ended) > 0 || !again.Started.Equal(first.Started) {
			r.Errorf("%+v, first %+v", again, first)
		}
		if rec := r.read(c.SID); string(rec.State) != "state 1" {
			r.Errorf("state %q", rec.State)
		}
	}},
	{"beyond Max the oldest session ends", func(r Rig) {
		tag := tag()
		for n := range 3 {
			r.create(sid(tag, n))
			r.Pass(time.Second)
		}
		r.commit(rotation(sid(tag, 0), "state 0", "state 1"), sessionstore.Applied) // a use makes a session no younger
		c := creation(sid(tag, 3))
		c.Max = 2
		created, err := r.Create(r.Context(), c)
		r.must(err)
		r.same(created.Ended, []string{sid(tag, 0), sid(tag, 1)})
		r.same(r.ids(tag), []string{sid(tag, 2), sid(tag, 3)})
		if !r.check(tag, sid(tag, 0)).Session || !r.check(tag, sid(tag, 1)).Session || r.check(tag, sid(tag, 2)).Session {
			r.Error("exactly the ended sessions must be revoked")
		}
	}},
	{"beyond Max a session is refused", func(r Rig) {
		tag := tag()
		for n := range 2 {
			r.create(sid(tag, n))
		}
		c := creation(sid(tag, 2))
		c.Max, c.Refuse = 2, true
		created, err := r.Create(r.Context(), c)
		r.must(err)
		if !created.Full || len(created.Ended) > 0 {
			r.Errorf("%+v", created)
		}
		r.same(r.ids(tag), []string{sid(tag, 0), sid(tag, 1)})
		r.end([]string{sid(tag, 0)}, sid(tag, 0))
		if created, err := r.Create(r.Context(), c); err != nil || created.Full {
			r.Errorf("%+v %v", created, err)
		}
	}},
	{"an expired session does not count", func(r Rig) {
		tag := tag()
		r.create(sid(tag, 0))
		r.Pass(idle)
		c := creation(sid(tag, 1))
		c.Max, c.Refuse = 1, true
		created, err := r.Create(r.Context(), c)
		r.must(err)
		if created.Full || len(created.Ended) > 0 {
			r.Errorf("%+v", created)
		}
		r.same(r.ids(tag), []string{sid(tag, 1)})
	}},
	{"sessions of other subjects do not count", func(r Rig) {
		one, other := tag(), tag()
		r.create(sid(one, 0))
		c := creation(sid(other, 0))
		c.Max = 1
		created, err := r.Create(r.Context(), c)
		r.must(err)
		r.same(created.Ended, nil)
		r.same(r.ids(one), []string{sid(one, 0)})
		r.same(r.ids(other), []string{sid(other, 0)})
	}},
	{"an idle session expires", func(r Rig) {
		tag := tag()
		r.create(sid(tag, 1))
		r.Pass(idle - time.Second)
		if rec := r.read(sid(tag, 1)); !rec.Now.Before(rec.Expires) {
			r.Fatalf("%+v", rec)
		}
		r.Pass(time.Second)
		rec, found, err := r.Read(r.Context(), sid(tag, 1))
		r.must(err)
		if found && rec.Now.Before(rec.Expires) {
			r.Errorf("%+v", rec)
		}
		r.commit(rotation(sid(tag, 1), "state 0", "state 1"), sessionstore.Ended)
		r.same(r.ids(tag), nil)
	}},
}
