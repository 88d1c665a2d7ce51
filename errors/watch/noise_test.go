//go:build !race

package watch_test

import (
	"math/rand/v2"
	"testing"

	"github.com/go-sallyport/sallyport/errors/watch"
)

// This test counts the false alarms in 10,000 windows, a week of minutes, of
// independent requests without a cooldown. They are most frequent if three times
// the mean is just above Min, which is at a mean of 7. There 0.14 are expected in
// 10,000 windows.
func TestFalseAlarms(t *testing.T) {
	const windows = 10_000
	total, runs := 0, 0
	for _, mean := range []float64{0.5, 2, 4, 6, 7, 8, 10, 20, 50, 100} {
		for seed := range uint64(2) {
			s := newSim(makeWatcher, watch.Config{Cooldown: 1, Unauthorized: watch.Level{New: 1000}})
			rng := rand.New(rand.NewPCG(seed, uint64(mean*10)))
			for w := range windows {
				s.put(w, poisson(rng, mean), login(401))
			}
			if len(s.alerts) > 1 {
				t.Errorf("mean %v: %d false alarms, the first %+v", mean, len(s.alerts), s.alerts[0])
			}
			total += len(s.alerts)
			runs++
		}
	}
	t.Logf("%d false alarms in %d windows", total, runs*windows)
	if total > 2 {
		t.Errorf("%d false alarms in %d windows, more than 0.1 in %d", total, runs*windows, windows)
	}
}
