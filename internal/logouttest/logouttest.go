// Package logouttest tests any logoutstore.Store against the behaviours that every Store must
// have.
//
// # Use
//
//	for _, b := range logouttest.Behaviours() {
//		t.Run(b.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) {
//				b.Run(logouttest.Rig{T: t, Store: new(logoutstore.Memory), Pass: time.Sleep})
//			})
//		})
//	}
package logouttest

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
)

// A Rig is the store under test, and its clock.
type Rig struct {
	*testing.T
	Store logoutstore.Store
	Pass  func(time.Duration)
}

// A Behaviour is a behaviour that every Store must have, as a test.
type Behaviour struct {
	Name string
	Run  func(Rig)
}

// Behaviours returns the behaviours of every Store. Each uses names of its own, so all can run
// on one store.
func Behaviours() []Behaviour { return behaviours }

// base is a time with milliseconds.
var base = time.UnixMilli(1_790_000_000_123)

func newName() string { return "a-Z_9" + rand.Text() }

func (r Rig) note(name string, at time.Time, keep time.Duration) {
	r.Helper()
	if err := r.Store.Note(r.Context(), name, at, keep); err != nil {
		r.Fatal(err)
	}
}

func (r Rig) want(name string, want time.Time) {
	r.Helper()
	got, err := r.Store.Noted(r.Context(), name)
	if err != nil || !got.Equal(want) || got.IsZero() != want.IsZero() {
		r.Errorf("the time is %v, want %v (%v)", got, want, err)
	}
}

var behaviours = []Behaviour{
	{"a name that was never noted", func(r Rig) {
		r.want(newName(), time.Time{})
	}},
	{"a time is kept", func(r Rig) {
		name := newName()
		r.note(name, base, time.Minute)
		r.want(name, base)
		r.want(name+"x", time.Time{})
		r.Pass(58 * time.Second)
		r.want(name, base)
		r.Pass(3 * time.Second)
		r.want(name, time.Time{})
	}},
	{"a part of a millisecond is cut off", func(r Rig) {
		name := newName()
		r.note(name, base.Add(999*time.Microsecond), time.Minute)
		r.want(name, base)
	}},
	{"a later time replaces, and an earlier one does not", func(r Rig) {
		name := newName()
		r.note(name, base, time.Minute)
		r.note(name, base.Add(time.Hour), time.Minute)
		r.want(name, base.Add(time.Hour))
		r.note(name, base, time.Minute)
		r.want(name, base.Add(time.Hour))
	}},
	{"a later note prolongs, and never shortens", func(r Rig) {
		name := newName()
		r.note(name, base.Add(time.Second), time.Minute)
		r.Pass(50 * time.Second)
		r.note(name, base, time.Minute)
		r.note(name, base, time.Second)
		r.Pass(50 * time.Second)
		r.want(name, base.Add(time.Second))
		r.Pass(11 * time.Second)
		r.want(name, time.Time{})
	}},
	{"a name is free again after its end", func(r Rig) {
		name := newName()
		r.note(name, base.Add(time.Hour), time.Second)
		r.Pass(3 * time.Second)
		r.note(name, base, time.Minute)
		r.want(name, base)
	}},
	{"a hundred notes at a time leave the latest time", func(r Rig) {
		name := newName()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				if err := r.Store.Note(r.Context(), name, base.Add(time.Duration(i*37%100)*time.Millisecond), time.Minute); err != nil {
					r.Error(err)
				}
			})
		}
		all.Wait()
		r.want(name, base.Add(99*time.Millisecond))
	}},
	{"many names", func(r Rig) {
		prefix := newName()
		for i := range 300 {
			r.note(fmt.Sprint(prefix, i), base.Add(time.Duration(i)*time.Second), time.Minute)
		}
		for i := range 300 {
			r.want(fmt.Sprint(prefix, i), base.Add(time.Duration(i)*time.Second))
		}
	}},
}
