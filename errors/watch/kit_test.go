package watch_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// epoch is the start of a window, for every length of window in these tests.
var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// observer counts the records of a scenario: the watcher, the reference, or a
// broken reference.
type observer interface{ Observe(audit.Record) }

// maker makes an observer.
type maker func(watch.Config) (observer, error)

// makeWatcher makes the watcher itself.
func makeWatcher(cfg watch.Config) (observer, error) { return watch.New(cfg) }

// makeReference makes the reference without a fault.
func makeReference(cfg watch.Config) (observer, error) { return newReference(cfg, ""), nil }

// makeBroken makes a reference with this fault.
func makeBroken(fault string) maker {
	return func(cfg watch.Config) (observer, error) { return newReference(cfg, fault), nil }
}

func newWatcher(t testing.TB, cfg watch.Config) *watch.Watcher {
	t.Helper()
	w, err := watch.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// sim is one run of an observer with a clock of its own.
type sim struct {
	observer
	window time.Duration
	alerts []watch.Alert
	ids    int
	faults []error
}

func newSim(mk maker, cfg watch.Config) *sim {
	s := &sim{window: cmp.Or(cfg.Window, time.Minute)}
	cfg.OnAlert = func(a watch.Alert) { s.alerts = append(s.alerts, a) }
	var err error
	if s.observer, err = mk(cfg); err != nil {
		s.faults = append(s.faults, err)
	}
	return s
}

// at returns the start of window n.
func (s *sim) at(n int) time.Time { return epoch.Add(time.Duration(n) * s.window) }

// put observes n requests like r that end evenly distributed in window w.
func (s *sim) put(w, n int, r audit.Record) {
	for i := range n {
		s.ids++
		r.CorrelationID = strconv.Itoa(s.ids)
		r.Time = s.at(w).Add(s.window * time.Duration(i) / time.Duration(n))
		s.Observe(r)
	}
}

// steady observes n requests in each of the windows from, from+1, … to-1.
func (s *sim) steady(from, to, n int, r audit.Record) {
	for w := from; w < to; w++ {
		s.put(w, n, r)
	}
}

func (s *sim) failf(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// windows returns the windows with an alert that names a series of the signal and
// scope which has reached its limit.
func (s *sim) windows(sig watch.Signal, scope watch.Scope) (all []int) {
	for _, a := range s.alerts {
		for _, series := range append([]watch.Series{a.Series}, a.Others...) {
			if series.Signal == sig && series.Scope == scope && series.Count >= series.Limit {
				all = append(all, int(a.Since.Sub(epoch)/s.window))
			}
		}
	}
	return all
}

// wantNone adds a fault if there was an alert.
func (s *sim) wantNone(when string) {
	if len(s.alerts) > 0 {
		s.failf("%s: %d alerts, the first %+v", when, len(s.alerts), s.alerts[0])
	}
}

func (s *sim) err() error { return errors.Join(s.faults...) }

// poisson returns a random number of independent requests in a window.
func poisson(rng *rand.Rand, mean float64) int {
	n, p := 0, rng.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= rng.Float64()
	}
	return n
}
