package breaker

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Allow answers many goroutines while the lock of an open breaker is held.
func TestOpenDoesNotLock(t *testing.T) {
	b := newOpen(t)
	b.mu.Lock()
	defer b.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for range 1000 {
					if b.Allow(1) != Open {
						t.Error("not open")
					}
				}
			})
		}
		wg.Wait()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Allow waits for the lock")
	}
}

// With many goroutines, one probe runs at a time, and OnState alternates between the
// states.
func TestManyGoroutines(t *testing.T) {
	cfg := Config{Threshold: 3, FirstPause: 10, LastPause: 100, ProbeTimeout: 1 << 60}
	var clock, probing, probes atomic.Int64
	last, changes := Closed, 0 // OnState is called for one change at a time
	cfg.OnState = func(s State, err error) {
		if s == last || (err != nil) != (s == Open) {
			t.Errorf("told %d with %v after %d", s, err, last)
		}
		last = s
		changes++
	}
	b := New(cfg)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 5))
			for range 5000 {
				now := time.Duration(clock.Add(1))
				s := b.Allow(now)
				if s == Open {
					continue
				}
				if s == HalfOpen {
					probes.Add(1)
					if n := probing.Add(1); n != 1 {
						t.Errorf("%d probes at a time", n)
					}
					probing.Add(-1)
				}
				switch rnd.IntN(6) {
				case 0:
					b.Success(s)
				case 1:
					b.Abandon(s, now)
				default:
					b.Failure(s, now, errDown)
				}
			}
		})
	}
	wg.Wait()
	if probes.Load() < 100 || changes < 10 {
		t.Errorf("only %d probes and %d changes", probes.Load(), changes)
	}
}
