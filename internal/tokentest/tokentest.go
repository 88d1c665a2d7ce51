// Package tokentest tests any tokenstore.Store against the behaviours that every Store must have.
//
// # Use
//
//	for _, b := range tokentest.Behaviours() {
//		t.Run(b.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) {
//				b.Run(tokentest.Rig{T: t, Store: new(tokenstore.Memory), Pass: time.Sleep})
//			})
//		})
//	}
package tokentest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
)

// A Rig is the store under test, and its clock.
type Rig struct {
	*testing.T
	Store tokenstore.Store
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

func newName() string { return "a-Z_9" + rand.Text() }

func (r Rig) swap(name, old, next string, want bool) {
	r.Helper()
	if got, err := r.Store.Swap(r.Context(), name, []byte(old), []byte(next), time.Minute); err != nil || got != want {
		r.Errorf("from %q to %q: %v, want %v (%v)", old, next, got, want, err)
	}
}

func (r Rig) want(name, want string) {
	r.Helper()
	if got, err := r.Store.Load(r.Context(), name); err != nil || string(got) != want {
		r.Errorf("the value is %q, want %q (%v)", got, want, err)
	}
}

var behaviours = []Behaviour{
	{"no value", func(r Rig) {
		name := newName()
		r.want(name, "")
		r.swap(name, "a", "b", false)
		r.want(name, "")
	}},
	{"a value is stored, replaced and deleted", func(r Rig) {
		name := newName()
		r.swap(name, "", "a", true)
		r.want(name, "a")
		r.want(name+"x", "")
		r.swap(name, "a", "b", true)
		r.want(name, "b")
		r.swap(name, "b", "", true)
		r.want(name, "")
	}},
	{"another value stays", func(r Rig) {
		name := newName()
		r.swap(name, "", "a", true)
		for _, old := range []string{"", "b", "A", "a\x00", "aa"} {
			r.swap(name, old, "c", false)
		}
		r.swap(name, "b", "", false)
		r.want(name, "a")
	}},
	{"a retry finds its change made", func(r Rig) {
		name := newName()
		for _, step := range [][2]string{{"", "a"}, {"a", "b"}, {"b", ""}} {
			r.swap(name, step[0], step[1], true)
			r.swap(name, step[0], step[1], true)
			r.want(name, step[1])
		}
	}},
	{"a value ends", func(r Rig) {
		name := newName()
		r.swap(name, "", "a", true)
		r.Pass(57 * time.Second)
		r.want(name, "a")
		r.swap(name, "a", "b", true)
		r.Pass(57 * time.Second)
		r.want(name, "b")
		r.Pass(4 * time.Second)
		r.want(name, "")
		r.swap(name, "b", "c", false)
		r.swap(name, "", "c", true)
	}},
	{"any bytes", func(r Rig) {
		name, all := newName(), make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		long := string(bytes.Repeat(all, 256))
		r.swap(name, "", string(all), true)
		r.swap(name, string(all), long, true)
		r.want(name, long)
	}},
	{"the slices belong to the receiver", func(r Rig) {
		name, value := newName(), []byte("a")
		if _, err := r.Store.Swap(r.Context(), name, nil, value, time.Minute); err != nil {
			r.Fatal(err)
		}
		value[0] = 'x'
		if got, err := r.Store.Load(r.Context(), name); err != nil || len(got) != 1 {
			r.Fatalf("%q %v", got, err)
		} else {
			got[0] = 'y'
		}
		r.want(name, "a")
	}},
	{"of fifty swaps at a time one succeeds", func(r Rig) {
		name := newName()
		r.swap(name, "", "old", true)
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				ok, err := r.Store.Swap(r.Context(), name, []byte("old"), fmt.Append(nil, i), time.Minute)
				if err != nil {
					r.Error(err)
				}
				if ok {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if n := won.Load(); n != 1 {
			r.Errorf("%d swaps succeed", n)
		}
	}},
}
