package logoutstore_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/internal/logouttest"
)

// TestMemory runs the behaviours of every Store on the memory store, with synthetic time.
func TestMemory(t *testing.T) {
	for _, b := range logouttest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.Run(logouttest.Rig{T: t, Store: new(logoutstore.Memory), Pass: time.Sleep})
			})
		})
	}
}

// A forgetful store keeps the last time and the last lifetime.
type forgetful struct {
	mu   sync.Mutex
	last *logoutstore.Memory
}

func (f *forgetful) Note(ctx context.Context, name string, at time.Time, keep time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = new(logoutstore.Memory)
	return f.last.Note(ctx, name, at, keep)
}

func (f *forgetful) Noted(ctx context.Context, name string) (time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		return time.Time{}, nil
	}
	return f.last.Noted(ctx, name)
}

// The behaviours find a store that breaks a rule.
func TestBrokenStoreIsFound(t *testing.T) {
	found := 0
	for _, b := range logouttest.Behaviours() {
		synctest.Test(t, func(t *testing.T) {
			inner := &testing.T{}
			done := make(chan struct{})
			go func() { // FailNow ends the goroutine
				defer close(done)
				b.Run(logouttest.Rig{T: inner, Store: new(forgetful), Pass: time.Sleep})
			}()
			<-done
			if inner.Failed() {
				found++
			}
		})
	}
	if found < 3 {
		t.Errorf("%d behaviours fail", found)
	}
}

// Entries that have ended take no memory for long.
func TestMemoryIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(logoutstore.Memory)
		for i := range 10000 {
			if err := m.Note(t.Context(), strconv.Itoa(i), time.Now(), time.Minute); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := m.Len(); n > 300 {
			t.Errorf("%d entries are left of 60 that are alive", n)
		}
	})
}
