package faults

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

const (
	// longestPause is the longest time for which package ratelimit stops asking a
	// failed store, as its documentation says.
	longestPause = 2 * time.Second
	// openDecision bounds a decision while the breaker is open, beside four times the
	// duration of a decision that needs no store, on the same machine at the same time.
	openDecision = time.Microsecond
)

// newLimiter returns a limiter on the Redis at addr, with the client of a user, and a
// quota that no test uses up.
func newLimiter(t *testing.T, addr string, policy ratelimit.OnFailure, onState func(string, error)) *ratelimit.Limiter {
	t.Helper()
	user := redis.NewClient(&redis.Options{Addr: addr})
	store, err := redisstore.New(user, redisstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(store.Close(), user.Close()); err != nil {
			t.Error(err)
		}
	})
	l, err := ratelimit.New(ratelimit.Config{
		Name: "faults", Limits: []ratelimit.Limit{ratelimit.PerHour(100_000_000)}, Key: ratelimit.ByClientIP,
		Store: store, OnFailure: policy, Budget: budget, OnState: onState, MaxKeys: 1024,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var someKey = ratelimit.StringKey("someone")

// A stateLog collects the calls of OnState.
type stateLog struct {
	sync.Mutex
	changes []error // nil: the store is back
	when    []time.Time
}

func (s *stateLog) add(_ string, err error) {
	s.Lock()
	defer s.Unlock()
	s.changes, s.when = append(s.changes, err), append(s.when, time.Now())
}

// waitFor waits until the last reported state is degraded or not, as asked, and returns
// the time of that report.
func (s *stateLog) waitFor(t *testing.T, degraded bool) time.Time {
	t.Helper()
	for start := time.Now(); time.Since(start) < 10*time.Second; <-time.After(time.Millisecond) {
		s.Lock()
		if n := len(s.changes); n > 0 && (s.changes[n-1] != nil) == degraded {
			defer s.Unlock()
			return s.when[n-1]
		}
		s.Unlock()
	}
	t.Fatalf("no change to %v was reported: %+v", degraded, s.changes)
	return time.Time{}
}

// onceForEach reports whether each of the outages was reported once when it began and
// once when it ended.
func (s *stateLog) onceForEach(outages int) bool {
	for i, err := range s.changes {
		if (err != nil) != (i%2 == 0) {
			return false
		}
	}
	return len(s.changes) == 2*outages
}

// Eight callers live through some outages. OnState reports each outage once, and its
// end once, no later than the longest pause after it. Each caller alone would report
// changes from one decision to the next more often, and the same check detects that.
func TestBreakerReportsEachOutageOnce(t *testing.T) {
	var told, guessed stateLog
	r := newRig(t)
	l := newLimiter(t, r.proxy.addr, ratelimit.FailLocal, told.add)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	timers := watchTimers()
	for range 8 {
		wg.Go(func() {
			for was := false; ; {
				if d := l.Take(context.Background(), someKey, 1); d.Degraded != was {
					var err error
					if was = d.Degraded; was {
						err = errors.Join(errors.New("degraded"), d.Err)
					}
					guessed.add("", err)
				}
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
			}
		})
	}
	outages, slowest := 0, time.Duration(0)
	for range scaleBy(t, 1) {
		for _, f := range faults {
			if f.name == noFault {
				continue
			}
			f.begin(r)
			told.waitFor(t, true)
			f.heal(r)
			healed := time.Now()
			slowest = max(slowest, told.waitFor(t, false).Sub(healed))
			outages++
		}
	}
	close(stop)
	wg.Wait()
	late := timers()
	t.Logf("%d outages: told of %d changes, the callers of %d; back no later than %v after the mend (timers late by %v)",
		outages, len(told.changes), len(guessed.changes), slowest.Round(time.Millisecond), late.Round(time.Millisecond))
	mwtest.Publish(t, "breaker.outages", outages)
	mwtest.Publish(t, "breaker.reports", len(told.changes)-2*outages)
	if !told.onceForEach(outages) {
		t.Errorf("not reported once each: %+v", told.changes)
	}
	if guessed.onceForEach(outages) {
		t.Error("the check accepts the reports of every caller by itself")
	}
	if slowest > longestPause+budget+10*late {
		t.Errorf("back after %v", slowest)
	}
}

// While the breaker is open a decision costs almost nothing, under each policy.
func TestBreakerOpen(t *testing.T) {
	for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
		t.Run(policy.String(), func(t *testing.T) {
			r := newRig(t)
			l := newLimiter(t, r.proxy.addr, policy, nil)
			decide := func() {
				if d := l.Take(context.Background(), someKey, 1); !d.Degraded {
					t.Fatalf("decided by the store: %+v", d)
				}
			}
			l.Take(context.Background(), someKey, 1)
			hole := toxic("black hole", blackHoleDown)
			hole.begin(r)
			for range 8 {
				decide()
			}
			baseline := timed(100_000, inMemory(t))
			took := timed(100_000, decide)
			for range 4 {
				if took.kept(baseline) {
					break
				}
				baseline, took = timed(100_000, inMemory(t)), timed(100_000, decide) // the machine was busy
			}
			t.Logf("%-12v 100000 decisions while open: p50 %v  p99 %v  p99.9 %v", policy, took.at(0.5), took.at(0.99), took.at(0.999))
			mwtest.Publish(t, "breaker.median_ns", took.at(0.5).Nanoseconds())
			mwtest.Publish(t, "breaker.tail_ns", (took.at(0.99) - 4*baseline.at(0.99)).Nanoseconds())
			if !took.kept(baseline) {
				t.Errorf("p50 %v, p99 %v, want less than %v + 4 * %v", took.at(0.5), took.at(0.99), openDecision, baseline.at(0.99))
			}
			mwtest.MaxAllocs(t, policy.String(), 0, decide)
			hole.heal(r)
		})
	}
}

// The same measurement detects a limiter without a breaker.
func TestBreakerOpenDetectsMistakes(t *testing.T) {
	r := newRig(t)
	subject, _ := clientRetries.start(t, r.proxy.addr, limit{100_000, forever})
	warm(t, subject)
	r.proxy.refuse()
	took := timed(200, func() { _, _ = decide(subject) })
	t.Logf("%-30s p50 %v  p99 %v", clientRetries.name, took.at(0.5), took.at(0.99))
	mwtest.Publish(t, "breaker.mistake_ns", took.at(0.5).Nanoseconds())
	if took.kept(timed(10_000, inMemory(t))) {
		t.Errorf("p50 %v, p99 %v", took.at(0.5), took.at(0.99))
	}
}

// times holds sorted durations.
type times []time.Duration

func timed(n int, f func()) times {
	took := make(times, n)
	for i := range took {
		start := time.Now()
		f()
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took
}

func (t times) at(q float64) time.Duration { return t[int(q*float64(len(t)-1))] }

func (t times) kept(baseline times) bool { return t.at(0.99) < openDecision+4*baseline.at(0.99) }

// inMemory returns a decision of a limiter without a store.
func inMemory(t *testing.T) func() {
	l, err := ratelimit.New(ratelimit.Config{Key: ratelimit.ByClientIP, Limits: []ratelimit.Limit{ratelimit.PerHour(100_000_000)}, MaxKeys: 1})
	if err != nil {
		t.Fatal(err)
	}
	return func() { l.Take(context.Background(), someKey, 1) }
}
