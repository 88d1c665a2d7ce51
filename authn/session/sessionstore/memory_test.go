package sessionstore_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/sessiontest"
)

// TestMemory runs the behaviours of every Store on the memory store, with synthetic time.
func TestMemory(t *testing.T) {
	for _, b := range sessiontest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.Run(sessiontest.Rig{T: t, Store: new(sessionstore.Memory), Pass: time.Sleep, Tick: time.Millisecond})
			})
		})
	}
}
