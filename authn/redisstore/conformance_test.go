package redisstore

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/go-sallyport/sallyport/internal/apikeytest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// The clock of the bubble decides about the end of a key. Redis has no part in it.
func TestAPIKeysBehave(t *testing.T) {
	server := redistest.Start(t)
	for i, b := range apikeytest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{Prefix: fmt.Sprint("behaves:", i)}
				one, two := newStore(t, server.Addr, cfg), newStore(t, server.Addr, cfg)
				if err := b.Run(apikeytest.Rig{T: t, Store: one.APIKeys(), Other: two.APIKeys()}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
