package ratelimit_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A decider is the target of an attack: the limiter, or a limiter that is wrong on
// purpose.
type decider func(now time.Duration) bool

// Each adversary attacks a known weakness. It attacks limit l from phase on and returns
// the admitted times.
var adversaries = map[string]func(d decider, l ratelimit.Limit, phase time.Duration) exactLog{
	// A request opens a window, a burst comes just before its end, and another just
	// after. This breaks fixed windows.
	"boundary": func(d decider, l ratelimit.Limit, phase time.Duration) (admitted exactLog) {
		request := recordingRequest(d, &admitted)
		request(phase)
		edge := phase + l.Window
		for i := range 2 * l.Quota {
			request(edge - time.Duration(2*l.Quota-i))
		}
		for i := range 3 * l.Quota {
			request(edge + time.Duration(i))
		}
		return admitted
	},
	// A burst at the end of a window, then a request at every chance. This breaks
	// windows weighted by overlap.
	"drip": func(d decider, l ratelimit.Limit, phase time.Duration) (admitted exactLog) {
		request := recordingRequest(d, &admitted)
		start := (phase/l.Window+1)*l.Window - l.Window/100
		for range 2 * l.Quota {
			request(start)
		}
		step := max(l.Window/time.Duration(8*l.Quota), 1)
		for t := start; t < start+3*l.Window; t += step {
			request(t)
		}
		return admitted
	},
	// Exactly the quota at once, then exactly its pace. This breaks wrong buckets and
	// GCRA.
	"pace": func(d decider, l ratelimit.Limit, phase time.Duration) (admitted exactLog) {
		request := recordingRequest(d, &admitted)
		start := (phase/l.Window+1)*l.Window - 1
		for range l.Quota {
			request(start)
		}
		step := max(l.Window/time.Duration(l.Quota), 1)
		for t := start + step; t < start+3*l.Window; t += step {
			request(t)
		}
		return admitted
	},
	// A burst in the last nanosecond of a bucket, then a burst around the first time at
	// which it may leave. This breaks buckets that are rounded the wrong way.
	"seam": func(d decider, l ratelimit.Limit, phase time.Duration) (admitted exactLog) {
		for _, width := range []time.Duration{l.Window / 64, (l.Window + 63) / 64} {
			request := recordingRequest(d, &admitted)
			start := (phase/width+1)*width - 1
			for range 2 * l.Quota {
				request(start)
			}
			for gap := l.Window - 20; gap < l.Window+20; gap++ {
				for range l.Quota {
					request(start + gap)
				}
			}
			phase = start + 4*l.Window
		}
		return admitted
	},
	"flood": func(d decider, l ratelimit.Limit, phase time.Duration) (admitted exactLog) {
		request := recordingRequest(d, &admitted)
		for i := range 12 * l.Quota {
			request(phase + l.Window*time.Duration(i)/time.Duration(4*l.Quota))
		}
		return admitted
	},
	"random": func(d decider, l ratelimit.Limit, phase time.Duration) (admitted exactLog) {
		request := recordingRequest(d, &admitted)
		rnd := rand.New(rand.NewPCG(uint64(phase), uint64(l.Window)))
		t := phase
		for range 12 * l.Quota {
			if rnd.IntN(4) > 0 {
				t += time.Duration(rnd.Int64N(max(int64(l.Window)/int64(l.Quota), 1)))
			}
			request(t)
		}
		return admitted
	},
}

func recordingRequest(d decider, admitted *exactLog) func(time.Duration) {
	return func(now time.Duration) {
		if d(now) {
			*admitted = append(*admitted, now)
		}
	}
}

// attack returns the worst violation of any limit under all adversaries: the number of
// admitted requests in one true window, divided by the quota. 1 is the bound.
func attack(limits []ratelimit.Limit, phase time.Duration, fresh func() decider) (worst float64, description string) {
	for name, adversary := range adversaries {
		for _, target := range limits {
			admitted := adversary(fresh(), target, phase)
			for _, l := range limits {
				if x := float64(admitted.maxInWindow(l.Window)) / float64(l.Quota); x > worst {
					worst, description = x, fmt.Sprintf("%s of %v against %v", name, target, l)
				}
			}
		}
	}
	return worst, description
}

func newDecider(t testing.TB, limits ...ratelimit.Limit) func() decider {
	return func() decider {
		l := newLimiter(t, limits...)
		return func(now time.Duration) bool { return l.TakeAt(now, someKey, 1).Allowed }
	}
}

func TestBoundHoldsInEveryWindow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 250 {
		limits := randomLimits(rnd)
		phase := time.Duration(rnd.Int64N(int64(30 * time.Hour)))
		worst, description := attack(limits, phase, newDecider(t, limits...))
		mwtest.Publish(t, "window.worst", worst)
		if worst != 1 {
			t.Errorf("limits %v from %v: %.3f of the quota in one window: %s", limits, phase, worst, description)
		}
	}
}

// attack itself is tested: it must break a limiter that is known to be wrong.
func TestAttackBreaksTwoCounters(t *testing.T) {
	limits := []ratelimit.Limit{ratelimit.PerSecond(50)}
	worst := 0.0
	for phase := range 10 {
		x, _ := attack(limits, time.Duration(phase)*101*time.Millisecond, func() decider { return twoCounters(limits[0]) })
		worst = max(worst, x)
	}
	mwtest.Publish(t, "window.mistake", worst)
	if worst < 1.5 {
		t.Errorf("two counters: %.3f of the quota in one window, want the attack to find at least 1.5", worst)
	}
}

// twoCounters is the usual design: the count of this window, plus the count of the
// window before, weighted by the part of it that still overlaps.
func twoCounters(l ratelimit.Limit) decider {
	var index, last, now int64
	return func(at time.Duration) bool {
		if i := int64(at / l.Window); i != index {
			if last = now; i != index+1 {
				last = 0
			}
			index, now = i, 0
		}
		overlap := 1 - float64(at%l.Window)/float64(l.Window)
		if float64(last)*overlap+float64(now)+1 > float64(l.Quota) {
			return false
		}
		now++
		return true
	}
}

// Under a flood of four times the limit, a key gets all requests that the exact log
// admits if its quota is at most 128, and otherwise at least 1/1.02 of them, for any
// quota, window and phase.
func TestFloodGetsItsShare(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	quotas := []int{1, 2, 3, 5, 8, 15, 16, 17, 18, 19, 31, 32, 33, 64, 65, 100, 127, 128, 129, 130, 191, 192, 193, 255, 256, 257, 1000}
	for _, quota := range quotas {
		for _, w := range []time.Duration{time.Millisecond, 3*time.Millisecond + 7, time.Second, time.Minute + 1, time.Hour} {
			l := ratelimit.Limit{Quota: quota, Window: w}
			const windows = 60
			d, phase := newDecider(t, l)(), time.Duration(rnd.Int64N(int64(100*w)))
			ring, n, got, want := make(exactLog, quota), 0, 0, 0 // the last requests that the log admitted
			for i := range 4 * quota * windows {
				now := phase + w*time.Duration(i)/time.Duration(4*quota)
				if d(now) {
					got++
				}
				if oldest := &ring[n%quota]; n < quota || now-*oldest >= w {
					*oldest = now
					n++
					want++
				}
			}
			least := 1.0
			if quota > 128 {
				least = 1 / 1.02
			}
			share := float64(got) / float64(want)
			mwtest.Publish(t, "window.share", share)
			if share < least || share > 1 {
				t.Errorf("%v from %v: %d of %d, share %.4f", l, phase, got, want, share)
			}
		}
	}
}

// Up to a quota of 128 the limiter is the exact log: it admits a request if and only if
// every limit has room for it.
func TestSmallQuotasDecideAsTheLog(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	refused := 0
	for range 300 {
		limits := randomLimits(rnd)
		longest := limits[0].Window
		for i := range limits {
			limits[i].Quota = min(limits[i].Quota, 128)
			longest = max(longest, limits[i].Window)
		}
		if _, err := ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, MaxKeys: 1}); err != nil {
			continue
		}
		d, admitted, now := newDecider(t, limits...)(), exactLog(nil), time.Duration(rnd.Int64N(int64(time.Hour)))
		for range 400 {
			if rnd.IntN(3) == 0 {
				now += time.Duration(rnd.Int64N(int64(longest) / (1 << rnd.IntN(10))))
			}
			fits := admitted.fits(limits, now)
			if d(now) != fits {
				t.Fatalf("%v at %v: the log says %t: %v", limits, now, fits, admitted)
			}
			if fits {
				admitted = append(admitted, now)
			} else {
				refused++
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d refusals", refused)
	}
}

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
