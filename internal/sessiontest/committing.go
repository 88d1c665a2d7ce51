package sessiontest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

var committing = []Behaviour{
	{"a rotation changes the state", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		started := r.create(id).Started
		r.Pass(10 * time.Minute)
		rec := r.commit(rotation(id, "state 0", "state 1"), sessionstore.Applied)
		if string(rec.State) != "state 1" || string(rec.Sealed) != "sealed state 1" || string(rec.Data) != "data of "+id || rec.SID != id {
			r.Errorf("%+v", rec)
		}
		if rec.LastUsed != rec.Now || rec.Rotated != rec.Now || rec.Expires != rec.Now.Add(idle) || rec.AccessUntil != rec.Now.Add(access) {
			r.Errorf("%+v", rec)
		}
		if rec.Started != started || rec.Ends != started.Add(life) {
			r.Errorf("%+v", rec)
		}
		again := r.read(id)
		if string(again.State) != "state 1" || string(again.Sealed) != "sealed state 1" ||
			again.Rotated != rec.Rotated || again.LastUsed != rec.LastUsed {
			r.Errorf("%+v, committed %+v", again, rec)
		}
	}},
	{"the sealed text is gone after its time", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		r.commit(rotation(id, "state 0", "state 1"), sessionstore.Applied)
		r.Pass(29 * time.Second)
		if rec := r.read(id); string(rec.Sealed) != "sealed state 1" {
			r.Errorf("too early: %q", rec.Sealed)
		}
		r.Pass(time.Second)
		if rec := r.read(id); len(rec.Sealed) > 0 {
			r.Errorf("too late: %q", rec.Sealed)
		}
		if rec := r.commit(sessionstore.Commit{SID: id}, sessionstore.Applied); len(rec.Sealed) > 0 {
			r.Errorf("too late: %q", rec.Sealed)
		}
		r.commit(rotation(id, "state 1", "state 2"), sessionstore.Applied)
		if rec := r.read(id); string(rec.Sealed) != "sealed state 2" {
			r.Errorf("of the next rotation: %q", rec.Sealed)
		}
	}},
	{"a change that is no rotation keeps the rotation", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		rotated := r.commit(rotation(id, "state 0", "state 1"), sessionstore.Applied).Rotated
		r.Pass(10 * time.Second)
		rec := r.commit(sessionstore.Commit{SID: id, Old: []byte("state 1"), New: []byte("confirmed")}, sessionstore.Applied)
		if rec.Rotated != rotated || string(rec.Sealed) != "sealed state 1" || string(rec.State) != "confirmed" || rec.LastUsed != rec.Now {
			r.Errorf("%+v", rec)
		}
		r.Pass(20 * time.Second)
		if rec := r.read(id); len(rec.Sealed) > 0 || rec.Rotated != rotated {
			r.Errorf("%+v", rec)
		}
	}},
	{"a use without a change", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		r.Pass(time.Minute)
		rec := r.commit(sessionstore.Commit{SID: id, Access: access}, sessionstore.Applied)
		if string(rec.State) != "state 0" || rec.LastUsed != rec.Now || rec.Expires != rec.Now.Add(idle) ||
			rec.AccessUntil != rec.Now.Add(access) || !rec.Rotated.IsZero() {
			r.Errorf("%+v", rec)
		}
	}},
	{"a use soon after the last one need not be recorded", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		started := r.create(id).Started
		use := sessionstore.Commit{SID: id, Every: time.Minute}
		r.Pass(30 * time.Second)
		rec := r.commit(use, sessionstore.Applied)
		if rec.LastUsed != started && rec.LastUsed != rec.Now || rec.Expires != rec.LastUsed.Add(idle) {
			r.Errorf("%+v", rec)
		}
		if string(rec.Data) != "data of "+id || string(rec.State) != "state 0" || rec.Started != started {
			r.Errorf("%+v", rec)
		}
		r.near("Now", rec.Now, started, 30*time.Second)
		r.Pass(90 * time.Second)
		if rec := r.commit(use, sessionstore.Applied); rec.LastUsed != rec.Now || rec.Expires != rec.Now.Add(idle) {
			r.Errorf("%+v", rec)
		}
		use.Access = access
		if rec := r.commit(use, sessionstore.Applied); rec.LastUsed != rec.Now || rec.AccessUntil != rec.Now.Add(access) {
			r.Errorf("%+v", rec)
		}
		r.Pass(10 * time.Second)
		change := sessionstore.Commit{SID: id, Old: []byte("state 0"), New: []byte("state 1"), Every: time.Minute}
		if rec := r.commit(change, sessionstore.Applied); rec.LastUsed != rec.Now || string(rec.State) != "state 1" {
			r.Errorf("%+v", rec)
		}
		r.end([]string{id}, id)
		r.commit(use, sessionstore.Ended)
		use.Access = 0
		r.commit(use, sessionstore.Ended)
	}},
	{"an unrecorded use does not bring an expired session back", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		r.Pass(idle + time.Second)
		r.commit(sessionstore.Commit{SID: id, Every: 2 * idle}, sessionstore.Ended)
	}},
	{"a change of another state conflicts, and its use counts", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		first := r.commit(rotation(id, "state 0", "state 1"), sessionstore.Applied)
		r.Pass(time.Second)
		rec := r.commit(rotation(id, "state 0", "state 2"), sessionstore.Conflict)
		if string(rec.State) != "state 1" || string(rec.Sealed) != "sealed state 1" || rec.Rotated != first.Rotated {
			r.Errorf("%+v", rec)
		}
		if rec.LastUsed != rec.Now || rec.AccessUntil != rec.Now.Add(access) || rec.Expires != rec.Now.Add(idle) {
			r.Errorf("%+v", rec)
		}
	}},
	{"a retry of a change finds it", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		first := r.commit(rotation(id, "state 0", "state 1"), sessionstore.Applied)
		r.Pass(time.Second)
		rec := r.commit(rotation(id, "state 0", "state 1"), sessionstore.Conflict)
		if string(rec.State) != "state 1" || string(rec.Sealed) != "sealed state 1" || rec.Rotated != first.Rotated {
			r.Errorf("%+v", rec)
		}
	}},
	{"states with any bytes", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		c := creation(id)
		c.Data, c.State = all, all
		_, err := r.Create(r.Context(), c)
		r.must(err)
		if rec := r.read(id); string(rec.State) != string(all) || string(rec.Data) != string(all) {
			r.Fatalf("%+v", rec)
		}
		next := rotation(id, string(all), string(all[:255]))
		next.Sealed = all
		rec := r.commit(next, sessionstore.Applied)
		if string(rec.State) != string(all[:255]) || string(rec.Sealed) != string(all) {
			r.Errorf("%+v", rec)
		}
	}},
	{"the latest expiry of an access token counts", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		long := r.commit(sessionstore.Commit{SID: id, Access: 2 * access}, sessionstore.Applied)
		r.Pass(time.Second)
		rec := r.commit(sessionstore.Commit{SID: id, Access: access}, sessionstore.Applied)
		if rec.AccessUntil != long.AccessUntil {
			r.Errorf("%v, want %v", rec.AccessUntil, long.AccessUntil)
		}
	}},
	{"a session ends with its absolute life", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		ends := r.create(id).Started.Add(life)
		for range 3 {
			r.Pass(50 * time.Minute)
			r.commit(sessionstore.Commit{SID: id}, sessionstore.Applied)
		}
		if rec := r.read(id); rec.Expires != ends || rec.Ends != ends {
			r.Errorf("%+v, want the end at %v", rec, ends)
		}
		r.Pass(30 * time.Minute)
		r.commit(sessionstore.Commit{SID: id}, sessionstore.Ended)
	}},
	{"of many that commit one state, one is applied", func(r Rig) {
		tag := tag()
		id := sid(tag, 1)
		r.create(id)
		var applied, lost atomic.Int32
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				rec, outcome, err := r.Commit(context.Background(), rotation(id, "state 0", fmt.Sprint("state of ", i)))
				switch {
				case err != nil:
					lost.Add(1) // a store that answers too late may have applied it
				case outcome == sessionstore.Applied:
					applied.Add(1)
				case outcome != sessionstore.Conflict || string(rec.State) == "state 0" || len(rec.Sealed) == 0:
					r.Errorf("outcome %d with %+v", outcome, rec)
				}
			})
		}
		wg.Wait()
		if n := applied.Load(); n > 1 || n < 1-lost.Load() {
			r.Errorf("%d were applied, %d got no answer", n, lost.Load())
		}
	}},
}
