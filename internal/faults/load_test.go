package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// A keyRecord holds the results that callers got for one key.
type keyRecord struct {
	granted []time.Time // one for each unit
	decided time.Time   // time of the last decision
	gap     time.Duration
	full    bool
	unknown int
}

const (
	clusterKeys  = 60
	clusterQuota = 400
	// failoverLag bounds how far a replica is behind its master. Units granted within
	// it can be granted again when the master dies.
	failoverLag = 500 * time.Millisecond
	// attemptLimit is how long one attempt may take.
	attemptLimit = 100 * time.Millisecond
	// beforeFailover is how long there is load before a master dies. It is much longer
	// than failoverLag, so that the test would see units that go back further.
	beforeFailover = 3 * failoverLag
)

// A load makes callers use all keys until stop is closed and every key is full.
type load struct {
	mu      sync.Mutex
	keys    [clusterKeys][16]byte
	records [clusterKeys]keyRecord
	errors  map[string]int
	named   map[string]error // one error of each kind
	decided int
	failed  []failure
	stop    chan struct{}
	wg      sync.WaitGroup
}

func startLoad(s taker) *load {
	l := &load{errors: map[string]int{}, named: map[string]error{}, stop: make(chan struct{})}
	for i := range l.keys {
		l.keys[i] = newKey()
		l.records[i].decided = time.Now()
	}
	for range 8 {
		l.wg.Go(func() {
			for l.next(s) {
			}
		})
	}
	return l
}

// A failure is an attempt that ended with an error.
type failure struct {
	at   time.Time
	kind string
}

// strayErrors returns the errors outside of an outage. It leaves out errors about time
// if the machine was late with its own timers, because they prove nothing then.
func (l *load) strayErrors(from, to time.Time, late time.Duration) (strays []string) {
	for _, f := range l.failed {
		slow := f.kind == "deadline" || f.kind == "timeout"
		if (f.at.Before(from) || f.at.After(to)) && (!slow || late < attemptLimit/4) {
			strays = append(strays, fmt.Sprintf("%s at %v", f.kind, f.at.Sub(from).Round(time.Millisecond)))
		}
	}
	return strays
}

// next makes one attempt and reports whether another one is needed.
func (l *load) next(s taker) bool {
	i := rand.IntN(clusterKeys)
	ctx, cancel := context.WithTimeout(context.Background(), attemptLimit)
	defer cancel()
	granted, err := s.Take(ctx, l.keys[i], 1)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	k := &l.records[i]
	if err != nil {
		kind := classify(err)
		l.errors[kind]++
		l.named[kind] = err
		k.unknown++
		l.failed = append(l.failed, failure{now, kind})
	} else {
		l.decided++
		k.gap = max(k.gap, now.Sub(k.decided))
		k.decided = now
		k.full = granted == 0
	}
	if granted == 1 {
		k.granted = append(k.granted, now)
	}
	select {
	case <-l.stop:
		return slices.ContainsFunc(l.records[:], func(k keyRecord) bool { return !k.full })
	case <-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond): // the fault must happen while the keys are filled
		return true
	}
}

// A result holds the findings of a load.
type result struct {
	over, worst int // granted above the quota: in all, and of the worst key
	gap         time.Duration
	lag         time.Duration // see keyRecord.lag
}

// finish ends the load. killed is the time at which the master was killed or otherwise
// disturbed.
func (l *load) finish(t *testing.T, killed time.Time) (r result) {
	t.Helper()
	l.mu.Lock()
	for i := range l.records {
		l.records[i].full = false // ask for the units that a failover has brought back
	}
	l.mu.Unlock()
	close(l.stop)
	l.wg.Wait()
	for _, k := range l.records {
		extra := len(k.granted) - clusterQuota
		r.worst, r.over, r.gap = max(r.worst, extra), r.over+max(0, extra), max(r.gap, k.gap)
		r.lag = max(r.lag, k.lag(killed))
		if -extra > k.unknown {
			t.Errorf("%d units were never granted, and only %d attempts are unknown", -extra, k.unknown)
		}
	}
	if err := l.named[unclassified]; err != nil {
		t.Errorf("%d unclassified errors, such as %T: %v", l.errors[unclassified], err, err)
	}
	return r
}

// after returns the time from at to the next granted unit.
func (l *load) after(at time.Time) time.Duration {
	next := time.Now()
	for _, k := range l.records {
		if i := slices.IndexFunc(k.granted, at.Before); i >= 0 && k.granted[i].Before(next) {
			next = k.granted[i]
		}
	}
	return next.Sub(at)
}

// lag returns how long before killed the first of the units was granted that were
// granted a second time.
func (k keyRecord) lag(killed time.Time) time.Duration {
	before := slices.IndexFunc(k.granted, func(at time.Time) bool { return at.After(killed) })
	if before < 0 {
		before = len(k.granted)
	}
	extra := len(k.granted) - clusterQuota
	if extra <= 0 {
		return 0
	}
	return killed.Sub(k.granted[max(0, before-extra)])
}

// strayErrors reports errors outside of an outage, unless the machine explains them.
func TestStrays(t *testing.T) {
	from := time.Now()
	l := load{failed: []failure{
		{from.Add(-time.Millisecond), "timeout"}, {from.Add(time.Second), "refused"}, {from.Add(3 * time.Second), "reset"},
	}}
	for late, want := range map[time.Duration]int{0: 2, attemptLimit: 1} {
		if got := l.strayErrors(from, from.Add(2*time.Second), late); len(got) != want {
			t.Errorf("timers late by %v: %v", late, got)
		}
	}
}
