package apikey_test

import (
	"testing"
	"testing/synctest"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/apikeytest"
)

func TestMemoryStoreBehaves(t *testing.T) {
	for _, b := range apikeytest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(apikey.MemoryStore)
				if err := b.Run(apikeytest.Rig{T: t, Store: store, Other: store}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
