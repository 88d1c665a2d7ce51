package lockout_test

import (
	"testing"
	"testing/synctest"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
)

// TestMemory runs the behaviours of every Store on the memory store, with synthetic
// time.
func TestMemory(t *testing.T) {
	for _, b := range lockouttest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.Run(newRig(t, b.Config))
			})
		})
	}
}
