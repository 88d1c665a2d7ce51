package watch_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// epoch is the start of a window of any length used here.
var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// observer is what the scenarios drive: the watcher, the reference, or a
// broken one.
type observer interface{ Observe(audit.Record) }

type maker func(watch.Config) (observer, error)

func fast(cfg watch.Config) (observer, error) { return watch.New(cfg) }

func exact(cfg watch.Config) (observer, error) { return newReference(cfg, ""), nil }

func brokenBy(what string) maker {
	return func(cfg watch.Config) (observer, error) { return newReference(cfg, what), nil }
}

// sim is one run with a clock of its own.
type sim struct {
	observer
	window time.Duration
	alerts []watch.Alert
	ids    int
	faults []error
}

func newSim(mk maker, cfg watch.Config) *sim {
	s := &sim{window: or(cfg.Window, time.Minute)}
	cfg.OnAlert = func(a watch.Alert) { s.alerts = append(s.alerts, a) }
	var err error
	if s.observer, err = mk(cfg); err != nil {
		s.faults = append(s.faults, err)
	}
	return s
}

// at is the start of window n.
func (s *sim) at(n int) time.Time { return epoch.Add(time.Duration(n) * s.window) }

// put lets n requests like r end in window w, evenly.
func (s *sim) put(w, n int, r audit.Record) {
	for i := range n {
		s.ids++
		r.CorrelationID = strconv.Itoa(s.ids)
		r.Time = s.at(w).Add(s.window * time.Duration(i) / time.Duration(n))
		s.Observe(r)
	}
}

// steady puts n requests into each of the windows from, from+1, … to-1.
func (s *sim) steady(from, to, n int, r audit.Record) {
	for w := from; w < to; w++ {
		s.put(w, n, r)
	}
}

func (s *sim) failf(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// windows are the windows that had an alert of the signal and scope.
func (s *sim) windows(sig watch.Signal, scope watch.Scope) (all []int) {
	for _, a := range s.alerts {
		if a.Signal == sig && a.Scope == scope {
			all = append(all, int(a.Since.Sub(epoch)/s.window))
		}
	}
	return all
}

func (s *sim) wantNone(when string) {
	if len(s.alerts) > 0 {
		s.failf("%s: %d alerts, the first %+v", when, len(s.alerts), s.alerts[0])
	}
}

func (s *sim) err() error { return errors.Join(s.faults...) }

// poisson is the number of independent requests in a window.
func poisson(rng *rand.Rand, mean float64) int {
	n, p := 0, rng.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= rng.Float64()
	}
	return n
}
