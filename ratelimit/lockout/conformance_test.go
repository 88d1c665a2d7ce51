package lockout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

type guardRig = lockouttest.Rig

var (
	addrAt   = lockouttest.Addr
	noDelays = lockouttest.Plain
)

// TestMemory runs what every Store does on the memory store, in a bubble of time.
func TestMemory(t *testing.T) {
	for _, b := range lockouttest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.Run(newRig(t, b.Config))
			})
		})
	}
}

func newRig(t *testing.T, cfg lockout.Config) guardRig {
	return guardRig{T: t, Guard: mwtest.Must[*lockout.Guard](t)(lockout.New(cfg)), Pass: time.Sleep, Tick: time.Millisecond}
}
