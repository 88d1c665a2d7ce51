//go:build unix

package redistest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The steps share a cluster, because forming one takes two seconds.
func TestCluster(t *testing.T) {
	t.Parallel() // with the sentinels: both wait most of the time
	start := time.Now()
	c := StartCluster(t)
	t.Logf("formed after %v", time.Since(start))

	if a := c.Addrs(); len(a) != 6 || len(slices.Compact(slices.Sorted(slices.Values(a)))) != 6 {
		t.Errorf("addresses %v", a)
	}
	for _, step := range []struct {
		name string
		run  func(*testing.T, *Cluster)
	}{
		{"MasterOf", checkMasterOf},
		{"Reshard", checkReshardUnderLoad},
		{"ReshardFailures", checkReshardFailures},
		{"Failover", checkFailover},
		{"Freeze", checkFreeze},
		{"End", checkEnd},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, c) }) {
			t.FailNow()
		}
	}
}

func checkMasterOf(t *testing.T, c *Cluster) {
	seen := map[*Server]bool{}
	for i := range 50 {
		key := fmt.Sprint("key", i)
		m := c.MasterOf(key)
		seen[m] = true
		mustDo(t, m, "SET", key, i) // any other node would reply MOVED
		if slot := mustDo(t, m, "CLUSTER", "KEYSLOT", key); slot != int64(slotOf(key)) {
			t.Errorf("slot of %s is %v, not %d", key, slot, slotOf(key))
		}
	}
	if len(seen) != masters {
		t.Errorf("the keys are on %d masters", len(seen))
	}
	for _, m := range c.Nodes[:masters] {
		if n := mustDo(t, m, "WAIT", 1, 1000); !seen[m] || n != int64(1) {
			t.Errorf("%s is followed by %v", m.Addr, n)
		}
	}
}

func checkReshardUnderLoad(t *testing.T, c *Cluster) {
	const slots = 300
	from, to := c.Nodes[0], c.Nodes[2]
	// One slot has many keys, so that clients see it half moved.
	full := 0
	for slotOf(fmt.Sprint(full)) >= slots {
		full++
	}
	keys := make([]string, 2000)
	for i := range keys {
		if keys[i] = fmt.Sprint("count", i); i%4 != 0 {
			keys[i] = fmt.Sprintf("{%d}count%d", full, i)
		}
		mustDo(t, c.Nodes[slotOf(keys[i])*masters/slotCount], "SET", keys[i], 0, "PX", time.Hour.Milliseconds())
	}

	l := startLoad(c.Addrs()[1], keys, 4)
	start := time.Now()
	c.Reshard(t, from, to, slots)
	t.Logf("moved %d slots in %v, redirected %d times by ASK", slots, time.Since(start), l.redirected.Load())
	acked := l.end(t)

	total := int64(0)
	for _, key := range keys {
		owner := c.Nodes[slotOf(key)*masters/slotCount]
		if slotOf(key) < slots {
			owner = to
		}
		if got := mustDo(t, owner, "GET", key); got != fmt.Sprint(acked[key]) {
			t.Fatalf("%s is %v after %d increments", key, got, acked[key])
		}
		total += acked[key]
	}
	if total == 0 || l.redirected.Load() == 0 {
		t.Errorf("%d increments and %d redirections are no load", total, l.redirected.Load())
	}
	if m := c.MasterOf(keys[1]); m != to {
		t.Errorf("%s is on %s", keys[1], m.Addr)
	}
	wantAlive(t, to, keys[1])
}

func wantAlive(t *testing.T, s *Server, key string) {
	t.Helper()
	if ms, _ := mustDo(t, s, "PTTL", key).(int64); ms <= 0 {
		t.Errorf("the expiry of %s is %d", key, ms)
	}
}

func checkReshardFailures(t *testing.T, c *Cluster) {
	a, b := c.Nodes[0], c.Nodes[1]
	for _, f := range []struct {
		from, to *Server
		slots    int
		want     string
	}{
		{a, b, slotCount, "it has only 5161"}, // 5461 without the 300 slots moved before
		{a, a, 1, "the same"},
		{a, c.Nodes[4], 1, "not both are running masters"},
		{c.Nodes[4], a, 1, "it has only 0"},
		{a, Start(t), 1, "not both are running masters"},
	} {
		wantFailure(t, func(tb testing.TB) { c.Reshard(tb, f.from, f.to, f.slots) }, "reshard", f.want)
	}
}

func checkFailover(t *testing.T, c *Cluster) {
	old := c.MasterOf("k")
	mustDo(t, old, "SET", "k", "v")
	old.Stop()
	start := time.Now()
	if err := c.checkSettled(); err == nil {
		t.Error("a cluster that has just lost a master passes for complete")
	}
	c.AwaitOK(t)
	t.Logf("failover after %v", time.Since(start))
	fresh := c.MasterOf("k")
	if fresh == old || !slices.Contains(c.Nodes[masters:], fresh) {
		t.Fatalf("the new master is %s", fresh.Addr)
	}
	old.Restart(t)
	c.AwaitOK(t)
	role, err := roleOf(old)
	if want := "slave of " + fresh.Addr + ", connected"; err != nil || role != want {
		t.Errorf("the old master is %s, %v; want %s", role, err, want)
	}
}

func checkFreeze(t *testing.T, c *Cluster) {
	old := c.MasterOf("k")
	old.Freeze()
	c.AwaitOK(t)
	fresh := c.MasterOf("k")
	if fresh == old {
		t.Fatal("a frozen master was not replaced")
	}
	old.Thaw()
	c.AwaitOK(t)
	if m := c.MasterOf("k"); m != fresh {
		t.Errorf("after the thaw %s serves instead of %s", m.Addr, fresh.Addr)
	}
}

func checkEnd(t *testing.T, c *Cluster) {
	for _, s := range c.Nodes[1:] {
		s.Stop()
	}
	err := await(100*time.Millisecond, c.checkSettled)
	if err == nil {
		t.Error("one of six nodes passes for a cluster")
	}
	c.Nodes[0].Stop()
	wantFailure(t, func(tb testing.TB) { c.AwaitOK(tb) }, "no node runs")
	wantFailure(t, func(tb testing.TB) { c.tb = tb; c.MasterOf("k") }, "no running master serves")
}

func TestClusterThatDoesNotForm(t *testing.T) {
	c, err := startNodes(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.form(0); err == nil || !strings.Contains(err.Error(), "not within 0s") {
		t.Errorf("no time is enough: %v", err)
	}
	c.Nodes[4].Stop() // between the steps
	err = c.await(formLimit, c.newMeetCheck())
	if !errors.Is(err, errEnded) {
		t.Fatalf("error %v", err)
	}
	wantParts(t, err.Error(), c.Nodes[4].Addr, "cluster")
	if err := c.form(formLimit); err == nil || !strings.Contains(err.Error(), "cluster node "+c.Nodes[0].Addr) {
		t.Errorf("nodes that have slots already are introduced: %v", err)
	}
}
