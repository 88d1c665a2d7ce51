package lockout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

type rig = lockouttest.Rig

var (
	addr  = lockouttest.Addr
	plain = lockouttest.Plain
)

// TestMemory runs what every Store does on the memory store, in a bubble of time.
func TestMemory(t *testing.T) {
	for _, b := range lockouttest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.Run(inMemory(t, b.Config))
			})
		})
	}
}

func inMemory(t *testing.T, cfg lockout.Config) rig {
	return rig{T: t, Guard: mwtest.Must[*lockout.Guard](t)(lockout.New(cfg)), Pass: time.Sleep, Tick: time.Millisecond}
}
