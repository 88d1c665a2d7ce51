package faults

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A failover of redistest's clusters takes a node timeout of 500 ms to be noticed and
// up to a second for the election. Then nodes and clients have to learn of it.
const failoverGap = 3 * time.Second

func forEachOnCluster(t *testing.T, subjects []subject, test func(*testing.T, subject, *redistest.Cluster, taker)) {
	for _, s := range subjects {
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

// Slots move to another master while their keys are filled: no unit is granted twice.
func TestClusterReshard(t *testing.T) {
	forEachOnCluster(t, soundSubjects(), func(t *testing.T, s subject, c *redistest.Cluster, subject taker) {
		r := reshard(t, s, c, subject)
		mwtest.Publish(t, "cluster.reshard_over", r.over)
		if r.over != 0 {
			t.Errorf("over-admitted %d", r.over)
		}
	})
}

// The same load detects a limiter that looks before it takes.
func TestClusterReshardDetectsMistakes(t *testing.T) {
	forEachOnCluster(t, []subject{clusterAct}, func(t *testing.T, s subject, c *redistest.Cluster, subject taker) {
		if r := reshard(t, s, c, subject); r.over == 0 {
			t.Error("nothing was over-admitted")
		}
	})
}

func reshard(t *testing.T, s subject, c *redistest.Cluster, subject taker) result {
	t.Helper()
	l := startLoad(subject)
	<-time.After(100 * time.Millisecond)
	c.Reshard(t, c.Nodes[0], c.Nodes[1], 1500)
	r := l.finish(t, time.Now())
	t.Logf("%-30s reshard of 1500 slots: %d decisions, errors %v, over-admitted %d (worst key %d), worst gap %v",
		s.name, l.decided, l.errors, r.over, max(0, r.worst), r.gap.Round(time.Millisecond))
	return r
}

// A master dies while keys are filled. Its replica may not have received the last
// granted units, so these are granted again: for each key and failover at most the
// units granted within failoverLag.
func TestClusterKill(t *testing.T) {
	forEachOnCluster(t, soundSubjects(), func(t *testing.T, s subject, c *redistest.Cluster, subject taker) {
		l, r, late := killOfCluster(t, s, c, subject)
		mwtest.Publish(t, "cluster.lag", max(0, r.lag))
		mwtest.Publish(t, "cluster.gap", max(0, r.gap-10*late))
		mwtest.Publish(t, "cluster.unnamed", l.errors[unclassified])
		if r.lag > failoverLag {
			t.Errorf("units granted again go back by %v", r.lag)
		}
		if r.gap > failoverGap+10*late {
			t.Errorf("no decision of a key for %v", r.gap)
		}
		if len(l.errors) == 0 {
			t.Error("no error: the kill had no effect")
		}
	})
}

// The same load detects a store that admits requests that it could not count.
func TestClusterKillDetectsMistakes(t *testing.T) {
	forEachOnCluster(t, []subject{clusterOpens}, func(t *testing.T, s subject, c *redistest.Cluster, subject taker) {
		if _, r, _ := killOfCluster(t, s, c, subject); r.lag <= failoverLag {
			t.Errorf("granted %d too many, and it passes for a lag of %v", r.over, r.lag)
		}
	})
}

func killOfCluster(t *testing.T, s subject, c *redistest.Cluster, subject taker) (*load, result, time.Duration) {
	t.Helper()
	stop := watchTimers()
	l := startLoad(subject)
	<-time.After(beforeFailover)
	killed := time.Now()
	c.Nodes[0].Stop()
	c.AwaitOK(t)
	r := l.finish(t, killed)
	late := stop()
	t.Logf("%-30s kill -9 of a master: %d decisions, errors %v, over-admitted %d (worst key %d), replica behind by %v, worst gap %v (timers late by %v)",
		s.name, l.decided, l.errors, r.over, r.worst, r.lag.Round(time.Microsecond), r.gap.Round(time.Millisecond), late.Round(time.Millisecond))
	return l, r, late
}
