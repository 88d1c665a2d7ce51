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
	names   []string // the names of the keys, by number
	admit   bool     // the expected result of every decision
	field   []contender
}

// A contender decides about the key or request number i.
type contender struct {
	name string
	op   func(worker, i int) (admitted bool, err error)
}

// effort is how long a scenario is measured: the number of passes over all contenders,
// and the time slice of each contender. The contenders take turns, so that a minute in
// which the machine is busy affects all of them alike.
type effort struct {
	passes int
	slice  time.Duration
}

// A result is the cost of one decision of one contender: medians of the passes.
type result struct {
	name      string
	wall, cpu time.Duration
	allocs    float64
	errors    float64   // share of the decisions that failed
	rounds    []float64 // CPU time of each round, in nanoseconds
}

// ratioTo returns how often the CPU time of other fits into the CPU time of r: the
// median over the rounds, in each of which all contenders have their turn. The quotient
// of the two medians would compare different rounds, and on a shared machine the speed
// may change between rounds.
func (r result) ratioTo(other result) float64 {
	all := make([]float64, len(r.rounds))
	for i := range all {
		all[i] = r.rounds[i] / other.rounds[i]
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func TestOver(t *testing.T) {
	mine, other := result{rounds: []float64{10, 10, 20, 21, 20}}, result{rounds: []float64{20, 5, 10, 10, 10}}
	if got := mine.ratioTo(other); got != 2 {
		t.Errorf("%v", got)
	}
}

// A runner is a contender while it is measured.
type runner struct {
	contender
	positions []int  // next key of each worker
	n         int    // decisions per slice
	askedKeys []bool // the keys asked for so far; nil once they are counted
	distinct  int
	total     int
	failed    int
	wrong     int
	samples   []sample
}

type sample struct{ wall, cpu, allocs float64 }

// measure runs a scenario and checks that it measured the intended decisions: all of
// the wanted kind, every key of the scenario asked for, no two keys the same, no errors
// from our limiter.
func measure(t *testing.T, sc scenario, e effort) []result {
	t.Helper()
	runners := run(sc, e)
	results := make([]result, 0, len(runners))
	for _, r := range runners {
		if err := r.verify(sc); err != nil {
			t.Errorf("%s: %s: %v (%d wrong and %d failed of %d)", sc.name, r.name, err, r.wrong, r.failed, r.total)
		}
		results = append(results, r.result())
	}
	return results
}

func run(sc scenario, e effort) []*runner {
	runners := make([]*runner, len(sc.field))
	for i, c := range sc.field {
		runners[i] = &runner{contender: c, positions: make([]int, sc.workers), askedKeys: make([]bool, sc.keys)}
		for w := range sc.workers {
			runners[i].positions[w] = w * sc.keys / sc.workers
		}
		// Every worker asks for every key of its part, so that no key is new later.
		runners[i].batch(sc, sc.keys+sc.workers)
		runners[i].distinct = len(slices.DeleteFunc(runners[i].askedKeys, func(met bool) bool { return !met }))
		runners[i].askedKeys = nil
		runners[i].calibrate(sc, e.slice)
	}
	for pass := range e.passes {
		for i := range runners {
			r := runners[(i+pass)%len(runners)]
			runtime.GC()
			r.samples = append(r.samples, r.batch(sc, r.n))
		}
	}
	return runners
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
			if r.askedKeys != nil {
				r.askedKeys[i] = true
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

func (r *runner) verify(sc scenario) error {
	names := map[string]bool{}
	for _, name := range sc.names {
		names[name] = true
	}
	switch {
	case len(names) != sc.keys:
		return fmt.Errorf("%d keys have %d names", sc.keys, len(names))
	case r.distinct != sc.keys:
		return fmt.Errorf("met %d of %d keys", r.distinct, sc.keys)
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
	rounds := make([]float64, len(r.samples))
	for i, s := range r.samples {
		rounds[i] = s.cpu
	}
	return result{
		name:   r.name,
		rounds: rounds,
		wall:   time.Duration(pick(func(s sample) float64 { return s.wall })),
		cpu:    time.Duration(pick(func(s sample) float64 { return s.cpu })),
		allocs: pick(func(s sample) float64 { return s.allocs }),
		errors: float64(r.failed) / float64(r.total),
	}
}

// cpuTime returns the CPU time of this process. Other processes disturb it less than
// the wall time.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A measurement is useful only if it notices that it has measured something else.
func TestMeasureDetectsMistakes(t *testing.T) {
	errBroken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		names []string
		op    func(worker, i int) (bool, error)
		want  string
	}{
		{"sound", []string{"a", "b", "c"}, func(int, int) (bool, error) { return true, nil }, ""},
		{"denies one key", []string{"a", "b", "c"}, func(_, i int) (bool, error) { return i != 2, nil }, "decided something else than it was measured for"},
		{"fails", []string{"a", "b", "c"}, func(int, int) (bool, error) { return false, errBroken }, "failed"},
		{"has one key twice", []string{"a", "b", "a"}, func(int, int) (bool, error) { return true, nil }, "3 keys have 2 names"},
	} {
		sc := scenario{workers: 2, keys: 3, names: tt.names, admit: true, field: []contender{{ours, tt.op}}}
		err := run(sc, effort{passes: 1, slice: time.Microsecond})[0].verify(sc)
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	sc := scenario{keys: 3, names: []string{"a", "b", "c"}}
	if err := (&runner{distinct: 2}).verify(sc); err == nil || err.Error() != "met 2 of 3 keys" {
		t.Errorf("a key that was never asked for: %v", err)
	}
}
