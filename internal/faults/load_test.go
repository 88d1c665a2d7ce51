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

// ledger is what callers were told about one key.
type ledger struct {
	granted []time.Time // one for each unit
	decided time.Time   // when there was a decision last
	gap     time.Duration
	full    bool
	unknown int
}

const (
	clusterKeys  = 60
	clusterQuota = 400
	// failoverLag bounds how far a replica is behind its master. What was
	// granted within it can be granted again when the master dies.
	failoverLag = 500 * time.Millisecond
	// attemptLimit is how long one attempt may take.
	attemptLimit = 100 * time.Millisecond
	// beforeFailover is how long there is load before a master dies: much longer
	// than failoverLag, so that what went back further would be seen.
	beforeFailover = 3 * failoverLag
)

// load lets callers at all keys until stop is closed and every key is full.
type load struct {
	mu      sync.Mutex
	keys    [clusterKeys][16]byte
	ledgers [clusterKeys]ledger
	errors  map[string]int
	named   map[string]error // one of each kind
	decided int
	failed  []failure
	stop    chan struct{}
	wg      sync.WaitGroup
}

func startLoad(s taker) *load {
	l := &load{errors: map[string]int{}, named: map[string]error{}, stop: make(chan struct{})}
	for i := range l.keys {
		l.keys[i] = newKey()
		l.ledgers[i].decided = time.Now()
	}
	for range 8 {
		l.wg.Go(func() {
			for l.next(s) {
			}
		})
	}
	return l
}

// failure is an attempt that ended with an error.
type failure struct {
	at   time.Time
	kind string
}

// strays returns the errors outside of an outage. Those that are about time are
// left out if the machine was late with its own timers: then they prove nothing.
func (l *load) strays(from, to time.Time, late time.Duration) (strays []string) {
	for _, f := range l.failed {
		slow := f.kind == "deadline" || f.kind == "timeout"
		if (f.at.Before(from) || f.at.After(to)) && (!slow || late < attemptLimit/4) {
			strays = append(strays, fmt.Sprintf("%s at %v", f.kind, f.at.Sub(from).Round(time.Millisecond)))
		}
	}
	return strays
}

// next makes one attempt and reports whether there has to be another one.
func (l *load) next(s taker) bool {
	i := rand.IntN(clusterKeys)
	ctx, cancel := context.WithTimeout(context.Background(), attemptLimit)
	defer cancel()
	granted, err := s.Take(ctx, l.keys[i], 1)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	k := &l.ledgers[i]
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
		return slices.ContainsFunc(l.ledgers[:], func(k ledger) bool { return !k.full })
	case <-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond): // the keys are to be filled while it happens
		return true
	}
}

// result is what a load has found.
type result struct {
	over, worst int // granted above the quota: in all, and of the worst key
	gap         time.Duration
	lag         time.Duration // see ledger.lag
}

// finish ends the load. killed is when something happened to a master.
func (l *load) finish(t *testing.T, killed time.Time) (r result) {
	t.Helper()
	l.mu.Lock()
	for i := range l.ledgers {
		l.ledgers[i].full = false // what a failover has brought back is to be asked for
	}
	l.mu.Unlock()
	close(l.stop)
	l.wg.Wait()
	for _, k := range l.ledgers {
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

// after returns how long after at the next unit was granted.
func (l *load) after(at time.Time) time.Duration {
	next := time.Now()
	for _, k := range l.ledgers {
		if i := slices.IndexFunc(k.granted, at.Before); i >= 0 && k.granted[i].Before(next) {
			next = k.granted[i]
		}
	}
	return next.Sub(at)
}

// lag returns how long before killed the first of the units was granted that
// were granted a second time.
func (k ledger) lag(killed time.Time) time.Duration {
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

// Errors outside of an outage are seen, unless the machine can be blamed.
func TestStrays(t *testing.T) {
	from := time.Now()
	l := load{failed: []failure{
		{from.Add(-time.Millisecond), "timeout"}, {from.Add(time.Second), "refused"}, {from.Add(3 * time.Second), "reset"},
	}}
	for late, want := range map[time.Duration]int{0: 2, attemptLimit: 1} {
		if got := l.strays(from, from.Add(2*time.Second), late); len(got) != want {
			t.Errorf("timers late by %v: %v", late, got)
		}
	}
}
