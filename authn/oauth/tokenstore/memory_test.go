package tokenstore_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
	"github.com/go-sallyport/sallyport/internal/tokentest"
)

// TestMemory runs the behaviours of every Store on the memory store, with synthetic time.
func TestMemory(t *testing.T) {
	for _, b := range tokentest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.Run(tokentest.Rig{T: t, Store: new(tokenstore.Memory), Pass: time.Sleep})
			})
		})
	}
}

// A careless store does not compare.
type careless struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (c *careless) Load(_ context.Context, name string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values[name], nil
}

func (c *careless) Swap(_ context.Context, name string, _, next []byte, _ time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[name] = next
	return true, nil
}

// The behaviours find a store that breaks a rule.
func TestBrokenStoreIsFound(t *testing.T) {
	found := 0
	for _, b := range tokentest.Behaviours() {
		synctest.Test(t, func(t *testing.T) {
			inner := &testing.T{}
			done := make(chan struct{})
			go func() { // FailNow ends the goroutine
				defer close(done)
				b.Run(tokentest.Rig{T: inner, Store: &careless{values: map[string][]byte{}}, Pass: time.Sleep})
			}()
			<-done
			if inner.Failed() {
				found++
			}
		})
	}
	if found != 5 {
		t.Errorf("%d behaviours fail, want 5", found)
	}
}

// Values that have ended take no memory for long.
func TestMemoryIsSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(tokenstore.Memory)
		for i := range 10000 {
			if _, err := m.Swap(t.Context(), strconv.Itoa(i), nil, []byte("a"), time.Minute); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := m.Len(); n > 300 {
			t.Errorf("%d values are left of 60 that are alive", n)
		}
	})
}
