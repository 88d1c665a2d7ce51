package faults

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

const (
	// The sentinels of redistest take 300 ms to notice that a primary is down. Then
	// they elect a leader, which promotes a replica. A split election is repeated after
	// four seconds, and may be split again. All of that is the time of Redis, before
	// the time of the store begins.
	promotionLimit = 20 * time.Second
	// afterPromotion is how soon after a promotion there are decisions again. A client
	// may be in the pause between two dials of the old primary, and then asks a
	// sentinel, which learns of the promotion with the next message of its peers.
	afterPromotion = redial + 500*time.Millisecond
)

// forEachOnSentinels tests the subjects on clients that ask sentinels for the primary:
// a Client, and a ClusterClient of one shard.
func forEachOnSentinels(t *testing.T, subjects []subject, test func(*testing.T, subject, *redistest.Sentinel, taker)) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			group := redistest.StartSentinel(t)
			options := &redis.FailoverOptions{MasterName: group.MasterName, SentinelAddrs: group.Addrs()}
			var user redis.UniversalClient = redis.NewFailoverClient(options)
			if s.cluster {
				user = redis.NewFailoverClusterClient(options)
			}
			subject, _ := s.attach(t, user, limit{clusterQuota, forever})
			warm(t, subject)
			test(t, s, group, subject)
		})
	}
}

// The primary dies while keys are filled, and its replicas may not have received the
// last granted units. Redis forgets no other units, so no other units can be granted
// again: for each failover the units that one key was granted within failoverLag. Soon
// after a replica was promoted there are decisions again, and every error has a name.
func TestSentinelKill(t *testing.T) {
	forEachOnSentinels(t, soundSubjects(), func(t *testing.T, s subject, group *redistest.Sentinel, subject taker) {
		failover(t, s, group, subject, kill).check(t)
	})
}

// The same if the primary hangs, and comes back when another has taken its place. Units
// that clients still debit there are lost as soon as it learns of the other primary.
func TestSentinelFreeze(t *testing.T) {
	forEachOnSentinels(t, storeSubjects(), func(t *testing.T, s subject, group *redistest.Sentinel, subject taker) {
		failover(t, s, group, subject, freeze).check(t)
	})
}

// The same load detects a store that admits requests that it could not count.
func TestSentinelDetectsMistakes(t *testing.T) {
	forEachOnSentinels(t, []subject{sentinelOpens}, func(t *testing.T, s subject, group *redistest.Sentinel, subject taker) {
		if f := failover(t, s, group, subject, kill); f.lag <= failoverLag {
			t.Errorf("granted %d too many, and it passes for a lag of %v", f.over, f.lag)
		}
	})
}

// A halt is a way in which a primary goes away and comes back.
type halt struct {
	name  string
	begin func(*redistest.Server)
	end   func(*testing.T, *redistest.Server)
}

var (
	kill   = halt{"kill -9", (*redistest.Server).Stop, func(t *testing.T, s *redistest.Server) { s.Restart(t) }}
	freeze = halt{"SIGSTOP", (*redistest.Server).Freeze, func(_ *testing.T, s *redistest.Server) { s.Thaw() }}
)

// failedOver holds the results of a load during a failover.
type failedOver struct {
	*load
	result
	killed, promoted time.Time
	late             time.Duration
}

func failover(t *testing.T, s subject, group *redistest.Sentinel, subject taker, h halt) (f failedOver) {
	t.Helper()
	stop := watchTimers()
	f.load = startLoad(subject)
	<-time.After(beforeFailover)
	old := group.Primary()
	f.killed = time.Now()
	h.begin(old)
	for range time.Tick(time.Millisecond) {
		if group.Primary() != old {
			break
		}
		if time.Since(f.killed) > promotionLimit {
			t.Fatalf("no replica was promoted in %v", promotionLimit)
		}
	}
	f.promoted = time.Now()
	group.AwaitOK(t)
	h.end(t, old)
	group.AwaitOK(t)
	f.result = f.finish(t, f.killed)
	f.late = stop()
	t.Logf("%-30s %s, promoted after %v, decisions %v after that, %d decisions, errors %v, over-admitted %d (worst key %d), replica behind by %v (timers late by %v)",
		s.name, h.name, f.promoted.Sub(f.killed).Round(time.Millisecond), f.after(f.promoted).Round(time.Millisecond),
		f.decided, f.errors, f.over, f.worst,
		f.lag.Round(time.Microsecond), f.late.Round(time.Millisecond))
	return f
}

func (f failedOver) check(t *testing.T) {
	t.Helper()
	slack := 10 * f.late
	mwtest.Publish(t, "failover.lag", max(0, f.lag))
	mwtest.Publish(t, "failover.unnamed", f.errors[unclassified])
	if f.lag > failoverLag {
		t.Errorf("units granted again go back by %v", f.lag)
	}
	if d := f.after(f.promoted); d > afterPromotion+slack {
		t.Errorf("no decision for %v after the promotion", d)
	}
	if strays := f.strayErrors(f.killed, f.promoted.Add(afterPromotion+slack), f.late); len(strays) > 0 {
		t.Errorf("errors before it, or long after the promotion: %v", strays)
	}
	if len(f.errors) == 0 {
		t.Error("no error: the halt had no effect")
	}
}
