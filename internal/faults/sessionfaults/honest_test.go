package sessionfaults

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// honest lets families live for three days.
func honest(t *testing.T, r rule, sh shape, n int) result {
	t.Helper()
	sum := simulate(t, r, sh, n, func(t *testing.T, s *service, i int) *browser {
		b := newBrowser(t, s, sh, fmt.Sprint("user ", i), time.Now().Add(3*day))
		b.run(uint64(i))
		time.Sleep(time.Minute) // for the requests whose tabs have closed
		return b
	})
	t.Logf("%-30s %-34s %3d of %d honest families revoked, %7d refreshes", r.name, sh.name, sum.revoked, sum.families, sum.sent)
	return sum
}

// Honest browsers keep their sessions: all of them on usual networks with the defaults, and
// on every network with LostReply.
func TestHonest(t *testing.T) {
	for _, tt := range []struct {
		shape shape
		most  float64 // percent of the families that the defaults may revoke
	}{{desktop, 0}, {fourGood, 0}, {fourSlow, 0}, {fourFree, 2}, {phone, 100}, {flaky, 5}} {
		t.Run(tt.shape.name, func(t *testing.T) {
			if got := honest(t, rule{policy: byDefault}, tt.shape, families()); !got.within(tt.most) {
				t.Errorf("default: %.1f %% revoked", got.percent())
			}
			got := honest(t, rule{policy: lostReply}, tt.shape, families())
			mwtest.Publish(t, "rotation.families", got.families)
			mwtest.Publish(t, "rotation.honest_revoked", got.revoked)
			if got.revoked > 0 {
				t.Errorf("LostReply: %d revoked", got.revoked)
			}
		})
	}
}

// The same, with fewer browsers, on Redis.
func TestHonestOnRedis(t *testing.T) {
	w := startWorker(t, backends[0])
	for _, sh := range []shape{desktop, fourGood, fourSlow, fourFree, phone, flaky} {
		n := families() / 10
		if sh.access < quarter {
			n = families() / 100
		}
		for _, p := range []policy{byDefault, lostReply} {
			r := rule{policy: p, wrap: w.bubble, one: true}
			if got := honest(t, r, sh, max(n, 1)); got.revoked > 0 && (p.lostReply > 0 || sh.suspends == 0) {
				t.Errorf("%s: %d revoked", p.name, got.revoked)
			}
		}
	}
}

// The same browsers detect a grace of ten seconds for the predecessor alone, on every network.
func TestHonestDetectsMistakes(t *testing.T) {
	for _, sh := range []shape{desktop, fourGood, fourSlow, fourFree, phone, flaky} {
		t.Run(sh.name, func(t *testing.T) {
			if got := honest(t, graceTen, sh, families()); got.percent() < 20 {
				t.Errorf("passes: %d revoked", got.revoked)
			}
		})
	}
}

// A proxy that delivers a request long after its client has given it up costs sessions: the
// client has gone on with the successor, and the late request rotates once more. A longer
// grace and LostReply save them.
func TestHonestLate(t *testing.T) {
	for _, sh := range []shape{fourSlow, fourFree} {
		sh.late = true
		sh.name += ", late"
		for _, tt := range []struct {
			policy policy
			most   float64
		}{
			{byDefault, 15},
			{lostReply, 5},
			{policy{name: "grace 60 s", grace: time.Minute}, 5},
			{policy{name: "grace 60 s, LostReply 24 h", grace: time.Minute, lostReply: day}, 0},
		} {
			if got := honest(t, rule{policy: tt.policy}, sh, families()); !got.within(tt.most) {
				t.Errorf("%s, %s: %.1f %% revoked", tt.policy.name, sh.name, got.percent())
			}
		}
	}
}
