package apikey_test

import (
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

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

func TestFileStoreBehaves(t *testing.T) {
	for _, b := range apikeytest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			path, later := filepath.Join(t.TempDir(), "keys.json"), inAnHour()
			synctest.Test(t, func(t *testing.T) {
				later()
				createErr := apikey.CreateFile(path)
				store, err := apikey.NewFile(apikey.FileConfig{Path: path})
				other, otherErr := apikey.NewFile(apikey.FileConfig{Path: path})
				if err := errors.Join(createErr, err, otherErr); err != nil {
					t.Fatal(err)
				}
				if err := b.Run(apikeytest.Rig{T: t, Store: store, Other: other, Spread: 2 * time.Second}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
