package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A plan is the shape of one history: the number of callers, their attempts, and the
// limit.
type plan struct{ quota, callers, attempts int }

// A trial defines what the callers of histories do, and which results are legal.
type trial struct {
	// A history reaches the quota of its plan in its middle. One of the quotas is so
	// small that a window keeps exact times instead of buckets.
	plans  []plan
	model  func(quota int) porcupine.Model
	caller func(caller) func() (porcupine.Operation, error)
}

// A caller is one of the callers that share a key.
type caller struct {
	taker
	key   [16]byte
	rnd   *rand.Rand
	start time.Time // of the history
}

// A score adds up the results of many histories.
type score struct {
	subject               string
	histories, ops, known int
	pulses                int
	illegal, undecided    int
	granted, quota        int
	errors                map[string]int
}

func (s *score) String() string {
	kinds := make([]string, 0, len(s.errors))
	for kind, n := range s.errors {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(kinds)
	return fmt.Sprintf("%-30s %4d histories %6d ops %5d faults  %5.1f %% known  %3d illegal  %d undecided  granted %d of %d  [%s]",
		s.subject, s.histories, s.ops, s.pulses, 100*float64(s.known)/float64(max(s.ops, 1)), s.illegal, s.undecided,
		s.granted, s.quota, strings.Join(kinds, ", "))
}

// checkHistories records and checks up to n histories of s, each on a key of its own,
// until enough of them are illegal. The check of one may take as long as patience,
// which is short for subjects that are illegal anyway. The faults are those of pulses.
// Without pulses the network works.
func checkHistories(t *testing.T, what trial, s subject, n, enough int, patience time.Duration, pulses []string) *score {
	t.Helper()
	seed := newSeed(t)
	server := redistest.Start(t)
	p := newProxy(t, server.Addr)
	takers := make(map[int]taker)
	for _, pl := range what.plans {
		if takers[pl.quota] == nil {
			takers[pl.quota], _ = s.start(t, p.addr, limit{pl.quota, forever})
		}
	}
	sum := &score{subject: s.name, errors: make(map[string]int)}
	for i := range n {
		pl := what.plans[i%len(what.plans)]
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		done := make(chan struct{})
		var wg sync.WaitGroup
		if len(pulses) > 0 {
			wg.Go(func() { sum.pulses += makePulses(p, rnd, pulses, done) })
		}
		pause := 0
		if len(pulses) > 0 {
			pause = 18000 // a history has to last for some faults
		}
		history := recordHistory(what, takers[pl.quota], pl, seed+uint64(i), pause, sum)
		close(done)
		wg.Wait()
		if sum.add(what.model(pl.quota), pl, history, patience); sum.illegal == enough {
			break
		}
	}
	return sum
}

func (s *score) add(model porcupine.Model, pl plan, history []porcupine.Operation, patience time.Duration) {
	s.histories++
	s.ops += len(history)
	s.quota += pl.quota
	for _, op := range history {
		out := op.Output.(outcome)
		if s.granted += out.granted; op.Input.(move).kind == refund && !out.unknown {
			s.granted -= op.Input.(move).n
		}
		if !out.unknown {
			s.known++
		}
	}
	switch porcupine.CheckOperationsTimeout(model, history, patience) {
	case porcupine.Illegal:
		s.illegal++
	case porcupine.Unknown:
		s.undecided++
	}
}

// makePulse makes short faults until done and returns their number. They are short
// because the result of an attempt that was cut off is unknown, and with a long fault
// every store would pass.
func makePulses(p *proxy, rnd *rand.Rand, toxics []string, done <-chan struct{}) int {
	defer p.heal()
	wait := func(from, to int) bool {
		select {
		case <-done:
			return false
		case <-time.After(time.Duration(from+rnd.IntN(to-from)) * time.Microsecond):
			return true
		}
	}
	for n := 0; ; n++ {
		if !wait(2500, 13000) {
			return n
		}
		p.add(toxics[rnd.IntN(len(toxics))])
		more := wait(300, 2000)
		p.heal()
		if !more {
			return n + 1
		}
	}
}

// recordHistory lets the callers of a plan use one key, with up to pause microseconds
// between their attempts, and returns their operations.
func recordHistory(what trial, s taker, pl plan, seed uint64, pause int, sum *score) []porcupine.Operation {
	var (
		mu      sync.Mutex
		history []porcupine.Operation
		wg      sync.WaitGroup
		start   = time.Now()
		key     = newKey()
	)
	for id := range pl.callers {
		rnd := rand.New(rand.NewPCG(seed, uint64(id)))
		next := what.caller(caller{s, key, rnd, start})
		wg.Go(func() {
			for range pl.attempts {
				<-time.After(time.Duration(rnd.IntN(pause+1)) * time.Microsecond)
				op, err := next()
				op.ClientId = id
				mu.Lock()
				history = append(history, op)
				if err != nil {
					sum.errors[classify(err)]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return history
}

// attempt makes a move with enough time to learn its outcome under most faults.
func (c caller) attempt(m move, do func(context.Context) (granted int, err error)) (porcupine.Operation, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	op := porcupine.Operation{Input: m, Call: time.Since(c.start).Nanoseconds()}
	granted, err := do(ctx)
	op.Return = time.Since(c.start).Nanoseconds()
	op.Output = outcome{granted: granted}
	if err != nil {
		op.Output = outcome{unknown: true}
		op.Return = 1 << 60 // it may still happen
	}
	return op, err
}

// newKey returns a new key.
func newKey() (key [16]byte) {
	for i := range key {
		key[i] = byte(rand.Uint32())
	}
	return key
}
