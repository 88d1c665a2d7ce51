package bench

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// accuracy holds the findings of the adversaries about one limiter.
type accuracy struct {
	name   string
	found  map[string]float64 // the worst window of each adversary over all phases
	worst  float64
	share  float64 // admitted under flood, the least over all phases
	failed int
}

const (
	accuracyLimit  = 100
	accuracyWindow = time.Second
	fakePhases     = 10
	fakeLead       = 5 * time.Millisecond  // time before the edge of a window at which a burst begins; on the fake clock a burst takes no time
	realLead       = 60 * time.Millisecond // the same on the real clock, where a burst takes some time
	fakeFlood      = 34                    // in windows
	realFlood      = 5
)

func (acc *accuracy) add(name string, a *attack) {
	w := a.worst()
	acc.found[name] = max(acc.found[name], w)
	acc.worst = max(acc.worst, w)
	if name == "flood" {
		acc.share = min(acc.share, a.share())
	}
}

// runAdversaries runs every adversary against p, each with its own key. On the fake
// clock they run one after the other in ten phases of it. In real time they run side by
// side in as many phases as there is time for. An error of a peer counts as a refusal,
// and our limiter must make none.
func runAdversaries(t *testing.T, p peer, realPhases int) accuracy {
	t.Helper()
	phases, lead, floods := fakePhases, fakeLead, fakeFlood
	if p.clock == realTime {
		phases, lead, floods = realPhases, realLead, realFlood
	}
	acc := accuracy{name: p.name, found: map[string]float64{}, share: 1e9}
	var mu sync.Mutex
	failed := 0
	one := func(take take, worker, adversary, phase int) {
		a := &attack{limit: accuracyLimit, window: accuracyWindow, lead: lead, floods: floods}
		key := fmt.Sprintf("%s-%d-%d", p.name, adversary, phase)
		a.try = func() bool {
			ok, err := take(worker, key)
			if err != nil {
				mu.Lock()
				failed++
				mu.Unlock()
			}
			return ok && err == nil
		}
		a.align(accuracyWindow * time.Duration(phase) / time.Duration(phases))
		adversaries[adversary].run(a)
		if len(a.hits) == 0 || a.offered < accuracyLimit {
			t.Errorf("%s against %s: %d of %d admitted", adversaries[adversary].name, p.name, len(a.hits), a.offered)
		}
		mu.Lock()
		defer mu.Unlock()
		acc.add(adversaries[adversary].name, a)
	}
	inTurn := func(take take) {
		for phase := range phases {
			for i := range adversaries {
				one(take, i, i, phase)
			}
		}
	}
	switch p.clock {
	case bubble:
		synctest.Test(t, func(t *testing.T) { inTurn(p.open(t, accuracyLimit, accuracyWindow)) })
	case outside:
		take := p.open(t, accuracyLimit, accuracyWindow)
		synctest.Test(t, func(*testing.T) { inTurn(take) })
	case realTime:
		take := p.open(t, accuracyLimit, accuracyWindow)
		for phase := range phases {
			var wg sync.WaitGroup
			for i := range adversaries {
				wg.Go(func() { one(take, i, i, phase) })
			}
			wg.Wait()
		}
	}
	if acc.failed = failed; failed > 0 && p.name == ours {
		t.Errorf("%s: %d errors", p.name, failed)
	}
	return acc
}

// The adversaries are useful only if they detect faulty limiters and accept correct
// ones.
func TestAdversaries(t *testing.T) {
	for _, tc := range []struct {
		name     string
		open     func(limit int, window time.Duration) func() bool
		min, max float64
	}{
		{"fixed window of the clock", alignedWindow, 1.9, 2},
		{"fixed window from the first request", firstHitWindow, 1.9, 2},
		{"exact log", exactLog, 1, 1},
	} {
		p := peer{name: tc.name, clock: bubble, open: func(_ testing.TB, limit int, window time.Duration) take {
			limiters := map[string]func() bool{}
			return func(_ int, key string) (bool, error) {
				if limiters[key] == nil {
					limiters[key] = tc.open(limit, window)
				}
				return limiters[key](), nil
			}
		}}
		acc := runAdversaries(t, p, 0)
		for name, worst := range acc.found {
			if worst > tc.max || (name == "boundary" && worst < tc.min) || (tc.min == tc.max && worst != tc.max) {
				t.Errorf("%s: %s found %.2f", tc.name, name, worst)
			}
		}
		if acc.worst < tc.min || acc.share < 0.99 {
			t.Errorf("%s: worst %.2f, %.0f%% of a flood", tc.name, acc.worst, 100*acc.share)
		}
	}
}

// In memory, no window of ours holds more than the limit.
func TestWindows(t *testing.T) {
	var found []accuracy
	for _, p := range memoryPeers() {
		found = append(found, runAdversaries(t, p, 1))
	}
	(&table{}).accuracy(t, "memory", found)
}

func alignedWindow(limit int, window time.Duration) func() bool {
	var began time.Time
	n := 0
	return func() bool {
		if now := time.Now().Truncate(window); now != began {
			began, n = now, 0
		}
		n++
		return n <= limit
	}
}

func firstHitWindow(limit int, window time.Duration) func() bool {
	var ends time.Time
	n := 0
	return func() bool {
		if now := time.Now(); !now.Before(ends) {
			ends, n = now.Add(window), 0
		}
		n++
		return n <= limit
	}
}

func exactLog(limit int, window time.Duration) func() bool {
	var log []time.Time
	return func() bool {
		now := time.Now()
		log = slices.DeleteFunc(log, func(t time.Time) bool { return now.Sub(t) >= window })
		if len(log) == limit {
			return false
		}
		log = append(log, now)
		return true
	}
}

// A request that may have been decided outside the window is no evidence.
func TestWorstCountsOnlyCertainAdmissions(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	a := &attack{limit: 2, window: time.Second}
	a.hits = []hit{{at(0), at(10)}, {at(500), at(510)}, {at(995), at(1005)}, {at(1400), at(1420)}}
	if got := a.worst(); got != 1.5 { // the last three; the first four span more than a window
		t.Errorf("%v, want 1.5", got)
	}
}
