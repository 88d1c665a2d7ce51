package bench

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A scenario is one question that every contender answers in turn.
type scenario struct {
	name    string
	workers int
	keys    int
	admit   bool // what every decision has to be
	field   []contender
}

// A contender decides about the key or request number i.
type contender struct {
	name string
	op   func(worker, i int) (admitted bool, err error)
}

// effort is how long a scenario is measured: that many passes over the whole
// field, each contender for a slice of time. The contenders take turns, so that
// a minute in which the machine is busy elsewhere hits them all alike.
type effort struct {
	passes int
	slice  time.Duration
}

// A result is what one contender needed for one decision: medians of the passes.
type result struct {
	name      string
	wall, cpu time.Duration
	allocs    float64
	errors    float64 // share of the decisions that failed
}

// runner is a contender on its way.
type runner struct {
	contender
	positions []int // next key of each worker
	n         int   // decisions per slice
	total     int
	failed    int
	wrong     int
	samples   []sample
}

type sample struct{ wall, cpu, allocs float64 }

// measure runs a scenario and checks that it measured what it says: decisions
// all of the wanted kind, every key of the scenario, no errors from ours.
func measure(t *testing.T, sc scenario, e effort) []result {
	t.Helper()
	runners := make([]*runner, len(sc.field))
	for i, c := range sc.field {
		runners[i] = &runner{contender: c, positions: make([]int, sc.workers)}
		for w := range sc.workers {
			runners[i].positions[w] = w * sc.keys / sc.workers
		}
		// Every worker meets every key of its part, so that none is new later.
		runners[i].batch(sc, sc.keys+sc.workers)
		runners[i].calibrate(sc, e.slice)
	}
	for pass := range e.passes {
		for i := range runners {
			r := runners[(i+pass)%len(runners)]
			runtime.GC()
			r.samples = append(r.samples, r.batch(sc, r.n))
		}
	}
	results := make([]result, 0, len(runners))
	for _, r := range runners {
		if err := r.verify(sc.keys); err != nil {
			t.Errorf("%s: %s: %v (%d wrong and %d failed of %d)", sc.name, r.name, err, r.wrong, r.failed, r.total)
		}
		results = append(results, r.result())
	}
	return results
}

// calibrate finds how many decisions fill a slice.
func (r *runner) calibrate(sc scenario, slice time.Duration) {
	for r.n = sc.workers; ; r.n *= 2 {
		s := r.batch(sc, r.n)
		if took := s.wall * float64(r.n); took > float64(slice)/2 {
			r.n = max(sc.workers, int(float64(slice)/s.wall))
			return
		}
	}
}

// batch takes n decisions, rounded to the workers.
func (r *runner) batch(sc scenario, n int) sample {
	each := max(1, n/sc.workers)
	n = each * sc.workers
	failed, wrong := make([]int, sc.workers), make([]int, sc.workers)
	work := func(w int) {
		i, f, x := r.positions[w], 0, 0
		for range each {
			if i >= sc.keys {
				i = 0
			}
			admitted, err := r.op(w, i)
			switch {
			case err != nil:
				f++
			case admitted != sc.admit:
				x++
			}
			i++
		}
		r.positions[w], failed[w], wrong[w] = i, f, x
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime(), time.Now()
	if sc.workers == 1 {
		work(0)
	} else {
		var wg sync.WaitGroup
		for w := range sc.workers {
			wg.Go(func() { work(w) })
		}
		wg.Wait()
	}
	wall := time.Since(start)
	cpu = cpuTime() - cpu
	runtime.ReadMemStats(&after)
	for w := range sc.workers {
		r.failed += failed[w]
		r.wrong += wrong[w]
	}
	r.total += n
	return sample{float64(wall) / float64(n), float64(cpu) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n)}
}

func (r *runner) verify(keys int) error {
	switch {
	case r.total < keys:
		return fmt.Errorf("met %d of %d keys", r.total, keys)
	case r.wrong > 0:
		return errors.New("decided something else than it was measured for")
	case r.failed > 0 && r.name == ours:
		return errors.New("failed")
	}
	return nil
}

func (r *runner) result() result {
	pick := func(f func(sample) float64) float64 {
		all := make([]float64, 0, len(r.samples))
		for _, s := range r.samples {
			all = append(all, f(s))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return result{
		name:   r.name,
		wall:   time.Duration(pick(func(s sample) float64 { return s.wall })),
		cpu:    time.Duration(pick(func(s sample) float64 { return s.cpu })),
		allocs: pick(func(s sample) float64 { return s.allocs }),
		errors: float64(r.failed) / float64(r.total),
	}
}

// cpuTime is what this process has used. Neighbours disturb it less than the
// time on the wall.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
