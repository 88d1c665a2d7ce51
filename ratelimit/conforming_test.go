package ratelimit_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// statedLimits returns the limits that RateLimit-Policy states to a client. A member
// without w states no window, so its limit is left as the program has configured it,
// stretched as doc.go says.
func statedLimits(t *testing.T, limits []ratelimit.Limit) []ratelimit.Limit {
	t.Helper()
	l := build(t, ratelimit.Config{Limits: limits, MaxKeys: 1})
	w := httptest.NewRecorder()
	l.Handler(noopHandler).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	members, err := parseList(w.Header().Get("RateLimit-Policy"))
	if err != nil || len(members) != len(limits) {
		t.Fatalf("%q: %v", w.Header(), err)
	}
	stated := make([]ratelimit.Limit, len(limits))
	for i, m := range members {
		stated[i] = limits[i]
		if seconds, told := m.params["w"]; told {
			stated[i].Window = time.Duration(seconds) * time.Second
		} else if limits[i].Quota > 128 {
			stated[i].Window = 65 * ((limits[i].Window + 63) / 64)
		}
		if got := int64(stated[i].Quota); m.params["q"] != got || stated[i].Window*100 > limits[i].Window*102 {
			t.Fatalf("%v is stated as %v", limits[i], m)
		}
	}
	return stated
}

// A client that keeps the q and w of RateLimit-Policy is never refused: at an even pace,
// with its whole quota in one burst every w, and at random.
func TestClientThatKeepsThePolicyIsNeverRefused(t *testing.T) {
	rnd := rand.New(rand.NewPCG(61, 62))
	sets := [][]ratelimit.Limit{{ratelimit.PerSecond(10), ratelimit.PerMinute(100), ratelimit.PerHour(1000), {Quota: 10_000, Window: 24 * time.Hour}}}
	for _, quota := range []int{1, 2, 5, 16, 17, 20, 33, 100, 127, 128, 129, 1000} {
		for _, w := range []time.Duration{time.Millisecond, 1001 * time.Microsecond, time.Second, 50 * time.Second, time.Minute, 15 * time.Minute, 24 * time.Hour} {
			sets = append(sets, []ratelimit.Limit{{Quota: quota, Window: w}})
		}
	}
	for range 60 {
		sets = append(sets, randomLimits(rnd))
	}
	for _, limits := range sets {
		stated := statedLimits(t, limits)
		phase := time.Duration(rnd.Int64N(int64(time.Hour)))
		for name, step := range map[string]func(stated ratelimit.Limit, i int) time.Duration{
			"pace":   func(s ratelimit.Limit, i int) time.Duration { return ceilDiv(s.Window, s.Quota) * time.Duration(i) },
			"bursts": func(s ratelimit.Limit, i int) time.Duration { return time.Duration(i/s.Quota) * s.Window },
			"random": nil,
		} {
			d, sent, now := newDecider(t, limits...)(), exactLog(nil), phase
			first := stated[0]
			for i := range min(4*first.Quota+10, 2000) {
				if step != nil {
					now = phase + step(first, i)
				} else if rnd.IntN(3) == 0 {
					now += time.Duration(rnd.Int64N(int64(first.Window) / (1 << rnd.IntN(12))))
				}
				if !sent.fits(stated, now) {
					continue // the client keeps the policy
				}
				if sent = append(sent, now); !d(now) {
					t.Fatalf("%v, stated as %v: request %d of %s at %v is refused", limits, stated, i, name, now)
				}
			}
			if step != nil && len(sent) < min(2*first.Quota, 10) {
				t.Fatalf("%v: the client sent only %d requests", limits, len(sent))
			}
		}
	}
}

func ceilDiv(d time.Duration, n int) time.Duration {
	return (d + time.Duration(n) - 1) / time.Duration(n)
}

// The client of the test above is tested: with the configured window in place of the
// stated window, it finds that large quotas refuse.
func TestConfiguredWindowOfALargeQuotaIsNotEnough(t *testing.T) {
	l := ratelimit.PerMinute(1000)
	d := newDecider(t, l)()
	for range l.Quota {
		d(59 * time.Second)
	}
	if d(59*time.Second + l.Window) {
		t.Error("admitted: the policy could state the configured window")
	}
}
