package faults

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

const (
	fleetSize = 20
	// fleetOutage is long enough for the pauses to reach their maximum.
	fleetOutage = 4 * time.Second
	// A crowd is the number of members that come back within crowdTime. Spread evenly
	// over the longest pause it would be one. Of twenty members that choose at random
	// it is more than ten once in a million outages.
	crowdTime = longestPause / fleetSize
	crowdMost = 10
)

// A member is one process of many. The test calls it as often as there are requests,
// and it reports whether Redis has decided one.
type member func() (answered bool)

// measureReturns makes members lose their Redis at once. It returns how long after the
// repair each had it back, sorted.
func measureReturns(t *testing.T, open func(addr string) member) times {
	t.Helper()
	r := newRig(t)
	var members []member
	for range fleetSize {
		m := open(r.proxy.addr)
		if !m() {
			t.Fatal("no answer before anything is wrong")
		}
		members = append(members, m)
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		back []time.Time
	)
	r.proxy.refuse()
	for _, m := range members {
		wg.Go(func() {
			for lost := false; ; <-time.After(2 * time.Millisecond) {
				switch answered := m(); {
				case !answered:
					lost = true
				case lost:
					mu.Lock()
					defer mu.Unlock()
					back = append(back, time.Now())
					return
				}
			}
		})
	}
	<-time.After(fleetOutage)
	mend := time.Now()
	r.proxy.accept(r.server.Addr)
	wg.Wait()
	var after times
	for _, at := range back {
		after = append(after, at.Sub(mend))
	}
	slices.Sort(after)
	return after
}

// crowd returns the largest number of members that came back within crowdTime.
func (t times) crowd() (most int) {
	for i, at := range t {
		j, _ := slices.BinarySearch(t, at+crowdTime)
		most = max(most, j-i)
	}
	return most
}

// Twenty processes that lost Redis together do not come back together, because that
// would overload Redis again.
func TestFleet(t *testing.T) {
	timers := watchTimers()
	after := measureReturns(t, func(addr string) member {
		l := newLimiter(t, addr, ratelimit.FailLocal, nil)
		return func() bool { return !l.Take(context.Background(), someKey, 1).Degraded }
	})
	late := timers()
	t.Logf("%d limiters came back %v to %v after the mend, at most %d of them within %v (timers late by %v)",
		len(after), after.at(0).Round(time.Millisecond), after.at(1).Round(time.Millisecond), after.crowd(), crowdTime, late.Round(time.Millisecond))
	mwtest.Publish(t, "breaker.crowd", after.crowd())
	if after.crowd() > crowdMost || after.at(1)-after.at(0) < longestPause/4 {
		t.Errorf("they came back together: %v", after)
	}
	if after.at(1) > longestPause+budget+10*late {
		t.Errorf("the last one came back after %v", after.at(1))
	}
}

// The same fleet detects a breaker with the same pauses in every process.
func TestFleetDetectsMistakes(t *testing.T) {
	after := measureReturns(t, func(addr string) member {
		subject, _ := soundSubjects()[0].start(t, addr, limit{100_000, forever})
		var (
			pause time.Duration
			retry time.Time
		)
		return func() bool {
			if time.Now().Before(retry) {
				return false
			}
			if _, err := decide(subject); err != nil {
				pause = min(max(2*pause, 100*time.Millisecond), longestPause)
				retry = time.Now().Add(pause)
				return false
			}
			pause = 0
			return true
		}
	})
	t.Logf("%-30s %d came back %v to %v after the mend, at most %d of them within %v", "broken: pauses without jitter",
		len(after), after.at(0).Round(time.Millisecond), after.at(1).Round(time.Millisecond), after.crowd(), crowdTime)
	if after.crowd() <= crowdMost {
		t.Errorf("passes: %v", after)
	}
}
