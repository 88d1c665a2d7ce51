package sessionfaults

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

const day = 24 * time.Hour

// families is the number of families of a proof: 300, or 30 with -short.
func families() int {
	if testing.Short() {
		return 30
	}
	return 300
}

// A result is what became of many families.
type result struct {
	families, revoked, sent int
}

func (r *result) percent() float64 { return 100 * float64(r.revoked) / float64(r.families) }

// within reports whether at most so many percent were revoked, rounded up to a family.
func (r *result) within(percent float64) bool {
	return float64(r.revoked) <= math.Ceil(percent*float64(r.families)/100)
}

// A rule is a way to rotate: a policy, and a store that may change it.
type rule struct {
	policy
	wrap func(sessionstore.Store) sessionstore.Store // nil for the real rules
	one  bool                                        // all families share one store, on Redis
}

var (
	graceTen = rule{
		policy: policy{name: "broken: predecessor only, 10 s", grace: 10 * time.Second},
		wrap:   func(s sessionstore.Store) sessionstore.Store { return predecessorOnly{s} },
	}
	again = rule{
		policy: policy{name: "broken: gives a successor again"},
		wrap:   func(s sessionstore.Store) sessionstore.Store { return givesAgain{s} },
	}
)

// simulate lets n families live in virtual time, divided among the processors. Each
// processor has a service with a store, and a clock.
func simulate(t *testing.T, r rule, sh shape, n int, live func(*testing.T, *service, int) *browser) (sum result) {
	t.Helper()
	var mu sync.Mutex
	shares := min(runtime.GOMAXPROCS(0), n)
	if r.one {
		shares = 1
	}
	r.access = sh.access
	t.Run("families", func(t *testing.T) {
		for share := range shares {
			t.Run("share", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var store sessionstore.Store = new(sessionstore.Memory)
					if r.wrap != nil {
						store = r.wrap(store)
					}
					s := newService(t, store, r.policy)
					var wg sync.WaitGroup
					for i := share; i < n; i += shares {
						wg.Go(func() {
							b := live(t, s, i)
							mu.Lock()
							defer mu.Unlock()
							sum.families++
							sum.sent += b.sent
							sum.revoked += s.thefts(b.sid)
							if b.ended && s.thefts(b.sid) == 0 {
								t.Errorf("family %d ended without a theft", i)
							}
						})
					}
					wg.Wait()
				})
			})
		}
	})
	return sum
}
