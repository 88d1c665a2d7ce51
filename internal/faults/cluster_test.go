package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

const (
	clusterKeys  = 60
	clusterQuota = 400
	// A failover of redistest's clusters takes a node timeout of 500 ms to be
	// found out, up to a second for the election, and then nodes and clients
	// have to learn of it.
	failoverGap = 3 * time.Second
	// failoverLag bounds how far a replica is behind its master. What was
	// granted within it can be granted again when the master dies.
	failoverLag = 500 * time.Millisecond
)

// ledger is what callers were told about one key.
type ledger struct {
	granted []time.Time // one for each unit
	decided time.Time   // when there was a decision last
	gap     time.Duration
	full    bool
	unknown int
}

// load lets callers at all keys until stop is closed and every key is full.
type load struct {
	mu      sync.Mutex
	keys    [clusterKeys][16]byte
	ledgers [clusterKeys]ledger
	errors  map[string]int
	named   map[string]error // one of each kind
	decided int
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

// next makes one attempt and reports whether there has to be another one.
func (l *load) next(s taker) bool {
	i := rand.IntN(clusterKeys)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
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

// finish ends the load and returns how much more than the quota was granted of
// the worst key, of all keys, and the worst gap between decisions of a key.
func (l *load) finish(t *testing.T) (worst, over int, gap time.Duration) {
	t.Helper()
	close(l.stop)
	l.wg.Wait()
	for _, k := range l.ledgers {
		extra := len(k.granted) - clusterQuota
		worst, over, gap = max(worst, extra), over+max(0, extra), max(gap, k.gap)
		if -extra > k.unknown {
			t.Errorf("%d units were never granted, and only %d attempts are unknown", -extra, k.unknown)
		}
	}
	if err := l.named[unclassified]; err != nil {
		t.Errorf("%d unclassified errors, such as %T: %v", l.errors[unclassified], err, err)
	}
	return worst, over, gap
}

func onClusters(t *testing.T, test func(*testing.T, subject, *redistest.Cluster, taker)) {
	for _, s := range sound() {
		if !s.cluster {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := redistest.StartCluster(t)
			user := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs()})
			subject, _ := s.attach(t, user, limit{clusterQuota, forever})
			warm(t, subject)
			test(t, s, c, subject)
		})
	}
}

// Slots move to another master while their keys are filled: nothing is granted
// twice.
func TestClusterReshard(t *testing.T) {
	onClusters(t, func(t *testing.T, s subject, c *redistest.Cluster, subject taker) {
		l := startLoad(subject)
		<-time.After(100 * time.Millisecond)
		c.Reshard(t, c.Nodes[0], c.Nodes[1], 1500)
		worst, over, gap := l.finish(t)
		t.Logf("%-18s reshard of 1500 slots: %d decisions, errors %v, over-admitted %d (worst key %d), worst gap %v",
			s.name, l.decided, l.errors, over, max(0, worst), gap.Round(time.Millisecond))
		if over != 0 {
			t.Errorf("over-admitted %d", over)
		}
	})
}

// A master dies while keys are filled. Its replica may not have heard of what
// was granted last, so that is granted again: no more than failoverLag's worth,
// for each key and failover.
func TestClusterKill(t *testing.T) {
	onClusters(t, func(t *testing.T, s subject, c *redistest.Cluster, subject taker) {
		stop := watchTimers()
		l := startLoad(subject)
		<-time.After(300 * time.Millisecond)
		killed := time.Now()
		c.Nodes[0].Stop()
		c.AwaitOK(t)
		worst, over, gap := l.finish(t)
		late := stop()
		lag := time.Duration(0)
		for _, k := range l.ledgers {
			lag = max(lag, k.lag(killed))
		}
		t.Logf("%-18s kill -9 of a master: %d decisions, errors %v, over-admitted %d (worst key %d), replica behind by %v, worst gap %v (timers late by %v)",
			s.name, l.decided, l.errors, over, max(0, worst), lag, gap.Round(time.Millisecond), late.Round(time.Millisecond))
		if lag > failoverLag {
			t.Errorf("what was granted again goes back by %v", lag)
		}
		if gap > failoverGap+10*late {
			t.Errorf("no decision of a key for %v", gap)
		}
		if fmt.Sprint(l.errors) == "map[]" {
			t.Error("no error at all: it was not noticed")
		}
	})
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
