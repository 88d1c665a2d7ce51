package faults

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// A measurement holds what the callers of a rig saw during a fault.
type measurement struct {
	took       []time.Duration // sorted
	kinds      map[string]int
	unnamed    error // the first unclassified error
	recovered  time.Duration
	late       times         // of plain timers at the same time
	lateness   time.Duration // of the latest of these timers
	goroutines int           // more than before
}

func (m measurement) String() string {
	kinds := make([]string, 0, len(m.kinds))
	for kind, n := range m.kinds {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(kinds)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%5d calls  p50 %6.2f  p99 %6.2f  max %6.2f  recovery %6.2f ms  %+d goroutines (timers late by %.2f ms)  [%s]",
		len(m.took), ms(m.quantile(50)), ms(m.quantile(99)), ms(m.quantile(100)), ms(m.recovered), m.goroutines, ms(m.lateness), strings.Join(kinds, ", "))
}

func (m measurement) quantile(percent int) time.Duration {
	return m.took[(len(m.took)-1)*percent/100]
}

// kept reports whether decisions and the recovery took no longer than allowed, plus
// excess. A call waits for a timer, a connection and a processor, and each may be as late
// as the timers of this machine were during the measurement.
func (m measurement) kept(recovery, excess time.Duration) bool {
	usually, worst := excess+4*m.late.at(0.99), excess+4*m.lateness
	return m.quantile(99) <= budget+p99Slack+usually && m.quantile(100) <= budget+maxSlack+worst && m.recovered <= recovery+worst
}

// conclusive is false if even a plain timer was so late that a long duration proves
// nothing: the machine is busy.
func (m measurement) conclusive() bool { return m.lateness < 2*time.Millisecond }

// callers is the number of goroutines that make decisions at the same time.
const callers = 8

// measure makes one fault on r and calls t while it lasts.
func measure(r *rig, t taker, f fault) measurement {
	const calls = 25
	m := measurement{kinds: make(map[string]int)}
	var mu sync.Mutex
	stop := watchLateness()
	before := goroutines()
	f.begin(r)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				took, err := decide(t)
				mu.Lock()
				m.took = append(m.took, took)
				m.count(err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	m.goroutines = goroutines() - before
	slices.Sort(m.took)
	f.heal(r)
	healed := time.Now()
	for range time.Tick(time.Millisecond) {
		_, err := decide(t)
		if err == nil {
			break
		}
		m.count(err)
		if time.Since(healed) > 5*time.Second {
			r.tb.Errorf("%s: still failing 5 s after it was over: %v", f.name, err)
			break
		}
	}
	m.recovered = time.Since(healed)
	m.late = stop()
	m.lateness = m.late.at(1)
	return m
}

func (m *measurement) count(err error) {
	if err == nil {
		m.kinds["decided"]++
		return
	}
	kind := classify(err)
	m.kinds[kind]++
	if kind == unclassified && m.unnamed == nil {
		m.unnamed = err
	}
}

// decide makes one decision within the budget.
func decide(t taker) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	start := time.Now()
	_, err := t.Take(ctx, [16]byte{1}, 1)
	return time.Since(start), err
}

// goroutines counts the goroutines except those of the proxy, which leaves some behind.
func goroutines() int {
	stacks := make([]byte, 16<<20)
	n := 0
	for stack := range bytes.SplitSeq(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
		if !bytes.Contains(stack, []byte("toxiproxy")) {
			n++
		}
	}
	return n
}

// proxyGoroutines lists for goleak the goroutines of the proxy, and of go-redis after many
// failed dials.
var proxyGoroutines = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicCollection).ResetToxics"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicCollection).AddToxicJson"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).RemoveToxic"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).RemoveToxic.func1"),
	goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"), // sees a Close a second later
}

// warm makes a decision before the fault.
func warm(t *testing.T, s taker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Take(ctx, newKey(), 1); err != nil {
		t.Fatalf("before the fault: %v", err)
	}
}

// watchTimers measures how late the timers of this machine are at most, until the
// function that it returns is called.
func watchTimers() func() time.Duration {
	stop := watchLateness()
	return func() time.Duration { return stop().at(1) }
}

// watchLateness measures how late each of many timers is, until the function that it
// returns is called. As many goroutines wait as there are callers, because callers wait for
// each other too.
func watchLateness() func() times {
	done, all := make(chan struct{}), make(chan times)
	for range callers {
		go func() {
			late := times{0}
			for {
				start := time.Now()
				select {
				case <-time.After(5 * time.Millisecond):
					late = append(late, time.Since(start)-5*time.Millisecond)
				case <-done:
					all <- late
					return
				}
			}
		}()
	}
	return func() (late times) {
		close(done)
		for range callers {
			late = append(late, <-all...)
		}
		slices.Sort(late)
		return late
	}
}
