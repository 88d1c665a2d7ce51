package breaker

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var errDown = errors.New("the service is down")

var defaultConfig = Config{Threshold: 5, FirstPause: 100 * time.Millisecond, LastPause: 2 * time.Second, ProbeTimeout: 3 * time.Second}

// A change is one call of OnState.
type change struct {
	state State
	err   error
}

// newRecorded returns a breaker and the changes that it reports.
func newRecorded(cfg Config) (*Breaker, *[]change) {
	told := new([]change)
	cfg.OnState = func(s State, err error) { *told = append(*told, change{s, err}) }
	return New(cfg), told
}

// newOpen returns a breaker that has opened at time 0.
func newOpen(t *testing.T) *Breaker {
	t.Helper()
	b := New(defaultConfig)
	for range defaultConfig.Threshold {
		b.Failure(b.Allow(0), 0, errDown)
	}
	if b.Allow(0) != Open {
		t.Fatal("not open")
	}
	return b
}

// The breaker opens at the threshold and not before. One success resets the failures in
// a row. Each change is reported once.
func TestOpensAndCloses(t *testing.T) {
	b, told := newRecorded(defaultConfig)
	for range 3 {
		for range defaultConfig.Threshold - 1 {
			b.Failure(b.Allow(0), 0, errDown)
		}
		b.Success(b.Allow(0))
	}
	if b.Wait(0) != 0 || len(*told) != 0 {
		t.Fatalf("opened too early: %+v", *told)
	}
	underWay := b.Allow(0)
	for range defaultConfig.Threshold {
		b.Failure(b.Allow(0), 0, errDown)
	}
	wait := b.Wait(0)
	b.Failure(underWay, 0, errDown)
	if b.Allow(0) != Open || b.Wait(0) != wait || !slices.Equal(*told, []change{{Open, errDown}}) {
		t.Fatalf("a wait of %v, then %v, told %+v", wait, b.Wait(0), *told)
	}
	if b.Allow(wait-1) != Open || b.Allow(wait) != HalfOpen || b.Allow(wait) != Open {
		t.Fatal("want one probe after the pause")
	}
	b.Success(HalfOpen)
	if b.Allow(wait) != Closed || !slices.Equal(*told, []change{{Open, errDown}, {Closed, nil}}) {
		t.Errorf("told %+v", *told)
	}
}

// Pauses double from the first to the last, each cut by up to half. They start from the
// first again once the breaker has closed.
func TestPausesGrow(t *testing.T) {
	b, now := newOpen(t), time.Duration(0)
	for range 2 {
		longest := defaultConfig.FirstPause
		for range 8 {
			wait := b.Wait(now)
			if wait <= longest/2 || wait > longest {
				t.Errorf("a pause of %v, want more than half of %v and no more", wait, longest)
			}
			now += wait
			b.Failure(b.Allow(now), now, errDown)
			longest = min(2*longest, defaultConfig.LastPause)
		}
		now += b.Wait(now)
		b.Success(b.Allow(now))
		for range defaultConfig.Threshold {
			b.Failure(b.Allow(now), now, errDown)
		}
	}
}

// Twenty breakers that lose one service together do not return to it together.
func TestPausesSpread(t *testing.T) {
	all := make([]*Breaker, 20)
	for i := range all {
		all[i] = newOpen(t)
	}
	for round, longest := range []time.Duration{100, 200, 400, 800, 1600, 2000, 2000} {
		longest *= time.Millisecond
		var waits []time.Duration
		for _, b := range all {
			waits = append(waits, b.Wait(0))
			b.Failure(HalfOpen, 0, errDown)
		}
		slices.Sort(waits)
		// The pauses are even choices from the upper half of longest. That all twenty
		// fall into one fifth of this half is less likely than 1 in 10^12.
		if spread := waits[19] - waits[0]; spread < longest/10 {
			t.Errorf("pause %d: all within %v of %v", round, spread, longest)
		}
		if same := len(waits) - len(slices.Compact(waits)); same > 5 {
			t.Errorf("pause %d: %d of 20 are the same", round, same)
		}
	}
}

// An abandoned probe is neither a success nor a failure: the next call becomes the
// probe at once.
func TestAbandonedProbe(t *testing.T) {
	b := newOpen(t)
	now := b.Wait(0)
	for range 3 {
		s := b.Allow(now)
		if s != HalfOpen {
			t.Fatalf("state %d", s)
		}
		b.Abandon(s, now)
	}
	b.Success(b.Allow(now))
	if b.Abandon(Closed, now); b.Allow(now) != Closed {
		t.Error("a call of a closed breaker was abandoned, and the breaker has opened")
	}
}

// A probe that never ends is replaced. If it is abandoned after the breaker has closed,
// the breaker stays closed.
func TestLostProbe(t *testing.T) {
	b, told := newRecorded(defaultConfig)
	for range defaultConfig.Threshold {
		b.Failure(b.Allow(0), 0, errDown)
	}
	now := b.Wait(0)
	lost := b.Allow(now)
	if now += defaultConfig.ProbeTimeout; b.Allow(now-1) != Open || b.Allow(now) != HalfOpen {
		t.Fatal("want a new probe after ProbeTimeout")
	}
	b.Success(HalfOpen)
	b.Abandon(lost, now)
	b.Success(b.Allow(now))
	if b.Allow(now) != Closed || len(*told) != 2 {
		t.Errorf("told %+v", *told)
	}
}

// Allow, Success and Failure allocate nothing, whether the breaker is open or closed.
func TestAllowAllocatesNothing(t *testing.T) {
	open, closed := newOpen(t), New(defaultConfig)
	mwtest.MaxAllocs(t, "open", 0, func() {
		if open.Allow(1) != Open || open.Wait(1) == 0 {
			t.Fatal("not open")
		}
	})
	mwtest.MaxAllocs(t, "closed", 0, func() { closed.Success(closed.Allow(1)) })
	mwtest.MaxAllocs(t, "failure", 0, func() {
		closed.Failure(closed.Allow(1), 1, errDown)
		closed.Success(Closed)
	})
}
