package mtls_test

import (
	"crypto/x509"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sallyport/sallyport/authn/mtls"
)

// While the roots change, no request passes that began and ended without the authority of its
// certificate, and none is refused that began and ended with it.
func TestRootsChangeUnderLoad(t *testing.T) {
	root := newAuthority(t, "prod", nil)
	l := root.issue(t, uris(alice))
	type generation struct {
		pool   *x509.CertPool
		isGood bool
	}
	var now atomic.Pointer[generation]
	now.Store(&generation{root.pool(), true})
	a := build(t, mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return now.Load().pool }})
	other := newAuthority(t, "next", nil)
	var callers, changes sync.WaitGroup
	var isOver atomic.Bool
	var counted [2]atomic.Int64 // refused and admitted, of those that saw one generation
	for range 4 {
		callers.Go(func() {
			for !isOver.Load() {
				before := now.Load()
				_, err := a.Authenticate(connected(l))
				if before != now.Load() {
					continue
				}
				if before.isGood != (err == nil) {
					t.Errorf("trusted %v: %v", before.isGood, err)
				}
				if before.isGood {
					counted[1].Add(1)
				} else {
					counted[0].Add(1)
				}
			}
		})
	}
	changes.Go(func() {
		for i := range 50 {
			target := &counted[i%2]
			next := &generation{other.pool(), false}
			if i%2 == 1 {
				next = &generation{root.pool(), true}
			}
			seen := target.Load()
			now.Store(next)
			for target.Load() < seen+20 && !t.Failed() {
				_, _ = a.Authenticate(connected(l))
			}
		}
	})
	changes.Wait()
	isOver.Store(true)
	callers.Wait()
	if counted[0].Load() < 500 || counted[1].Load() < 500 {
		t.Errorf("%d refused, %d admitted", counted[0].Load(), counted[1].Load())
	}
}
