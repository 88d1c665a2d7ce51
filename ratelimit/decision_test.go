package ratelimit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// replay returns a new limiter that has decided the same requests.
func replay(t *testing.T, limits []ratelimit.Limit, asked []time.Duration) *ratelimit.Limiter {
	l := newLimiter(t, limits...)
	for _, at := range asked {
		l.TakeAt(at, someKey, 1)
	}
	return l
}

// A client that waits exactly RetryAfter is admitted, and a client that comes a
// nanosecond earlier is not. Reset and Remaining are exact as well.
func TestRetryAfterIsExact(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	refused, admitted := 0, 0
	for range 300 {
		limits := randomLimits(rnd)
		now := time.Duration(rnd.Int64N(int64(24 * time.Hour)))
		l, asked := newLimiter(t, limits...), []time.Duration(nil)
		longest := limits[rnd.IntN(len(limits))]
		for range 3 * longest.Quota {
			now += time.Duration(rnd.Int64N(int64(longest.Window) / int64(2*longest.Quota)))
			d := l.TakeAt(now, someKey, 1)
			asked = append(asked, now)
			if len(asked)%7 != 0 {
				continue
			}
			if d.Allowed {
				admitted++
				if d.RetryAfter != 0 || d.Reset <= 0 || d.Remaining < 0 || d.Remaining >= d.Limit {
					t.Fatalf("%v: admitted with %+v", limits, d)
				}
				// Remaining is the number of requests that a burst still gets.
				again, n := replay(t, limits, asked), 0
				for again.TakeAt(now, someKey, 1).Allowed {
					n++
				}
				if n != d.Remaining {
					t.Fatalf("%v at %v: %d more requests were admitted after %+v", limits, now, n, d)
				}
				continue
			}
			refused++
			if d.RetryAfter <= 0 || d.Reset != d.RetryAfter || d.Remaining != 0 {
				t.Fatalf("%v: refused with %+v", limits, d)
			}
			if early := replay(t, limits, asked).TakeAt(now+d.RetryAfter-1, someKey, 1); early.Allowed {
				t.Fatalf("%v at %v: admitted before RetryAfter %v", limits, now, d.RetryAfter)
			}
			if late := replay(t, limits, asked).TakeAt(now+d.RetryAfter, someKey, 1); !late.Allowed {
				t.Fatalf("%v at %v: refused after RetryAfter %v: %+v", limits, now, d.RetryAfter, late)
			}
		}
	}
	if refused < 500 || admitted < 500 {
		t.Errorf("only %d refusals and %d admissions were checked", refused, admitted)
	}
}

// A refusal costs nothing in any window. In the window that refused it would starve a
// client that keeps asking.
func TestRefusalCostsNothing(t *testing.T) {
	l := newLimiter(t, ratelimit.PerSecond(2), ratelimit.PerHour(5))
	admitted := 0
	for i := range 5000 { // five seconds at a thousand requests a second
		if l.TakeAt(time.Duration(i)*time.Millisecond, someKey, 1).Allowed {
			admitted++
		}
	}
	if admitted != 5 {
		t.Errorf("admitted %d, want the 5 of the hour: refused requests must not be charged", admitted)
	}
	d := l.TakeAt(6*time.Second, someKey, 1)
	if d.Allowed || d.Name != "hour" || d.Limit != 5 || d.Window != time.Hour {
		t.Errorf("decision %+v, want the hour to refuse", d)
	}
	// The first request of the hour came at time 0.
	if want := time.Hour - 6*time.Second; d.RetryAfter != want {
		t.Errorf("RetryAfter %v, want %v", d.RetryAfter, want)
	}
}

func TestDecisionTellsOfTheTightestLimit(t *testing.T) {
	l := newLimiter(t, ratelimit.PerSecond(3), ratelimit.PerMinute(5), ratelimit.Limit{Quota: 9, Window: 90 * time.Minute})
	for i, want := range []struct {
		at        time.Duration
		name      string
		remaining int
		allowed   bool
	}{
		{0, "second", 2, true}, {0, "second", 1, true}, {0, "second", 0, true}, {0, "second", 0, false},
		{time.Second, "minute", 1, true}, {time.Second, "minute", 0, true}, {time.Second, "minute", 0, false},
		{time.Minute, "second", 2, true}, {time.Minute, "second", 1, true}, {time.Minute, "second", 0, true},
		{2 * time.Minute, "1h30m", 0, true}, {3 * time.Minute, "1h30m", 0, false},
	} {
		d := l.TakeAt(want.at, someKey, 1)
		if d.Name != want.name || d.Remaining != want.remaining || d.Allowed != want.allowed {
			t.Errorf("request %d at %v: %+v, want %+v", i, want.at, d, want)
		}
	}
}

// A goroutine that reads the clock first may be decided last. With its own, earlier
// time, the table might have forgotten requests that still count.
func TestOlderTimeCountsAsTheLatest(t *testing.T) {
	for _, quota := range []int{1, 20} {
		l := newLimiter(t, ratelimit.Limit{Quota: quota, Window: time.Second})
		l.TakeAt(12*time.Second, addrKey(1), 1) // in the same row
		for range quota {
			l.TakeAt(10*time.Second, someKey, 1)
		}
		if d := l.TakeAt(12500*time.Millisecond, someKey, 1); d.Allowed {
			t.Errorf("quota %d: %+v half a second after it was spent", quota, d)
		}
	}
}

func TestTimeDoesNotRunBack(t *testing.T) {
	for _, quota := range []int{5, 50} {
		l := newLimiter(t, ratelimit.Limit{Quota: quota, Window: time.Second})
		for range quota {
			l.TakeAt(10*time.Second, someKey, 1)
		}
		for _, at := range []time.Duration{-1 << 63, -1, 0, time.Second, 9 * time.Second, 10 * time.Second} {
			if l.TakeAt(at, someKey, 1).Allowed {
				t.Errorf("quota %d: admitted at %v, after the quota was spent at 10s", quota, at)
			}
		}
		// The highest time must not overflow.
		if d := l.TakeAt(1<<63-1, someKey, 1); !d.Allowed || d.Reset <= 0 {
			t.Errorf("quota %d at the end of time: %+v", quota, d)
		}
		if d := l.TakeAt(1<<63-1, someKey, 1); d.Remaining != quota-2 {
			t.Errorf("quota %d at the end of time: %+v", quota, d)
		}
	}
}
