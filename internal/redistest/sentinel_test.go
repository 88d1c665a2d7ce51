//go:build unix

package redistest

import (
	"errors"
	"testing"
	"time"
)

func TestSentinel(t *testing.T) {
	t.Parallel() // with the cluster
	start := time.Now()
	s := StartSentinel(t)
	t.Logf("formed after %v", time.Since(start))
	if len(s.Addrs()) != 3 || s.Addrs()[0] != s.Sentinels[0].Addr || s.MasterName == "" {
		t.Errorf("addresses %v, name %q", s.Addrs(), s.MasterName)
	}
	old := s.Primary()
	if old != s.Nodes[0] || mustDo(t, old, "WAIT", 2, 1000) != int64(2) {
		t.Fatalf("the primary is %s", old.Addr)
	}

	mustDo(t, old, "SET", "k", "v")
	mustDo(t, old, "WAIT", 2, 1000)
	old.Stop()
	start = time.Now()
	if s.checkSettled() == nil {
		t.Error("a primary that was just killed passes for running")
	}
	s.AwaitOK(t)
	t.Logf("failover after %v", time.Since(start))
	fresh := s.Primary()
	if fresh == old || mustDo(t, fresh, "WAIT", 1, 1000) != int64(1) || mustDo(t, fresh, "SET", "l", 1) != "OK" {
		t.Fatalf("the new primary is %s", fresh.Addr)
	}

	start = time.Now()
	old.Restart(t)
	s.AwaitOK(t)
	t.Logf("the old one followed after %v", time.Since(start))
	if s.Primary() != fresh || mustDo(t, old, "GET", "l") != "1" {
		t.Error("the old primary has not copied from the new one")
	}

	// Two sentinels suffice, also to replace a primary that hangs.
	s.Sentinels[0].Stop()
	fresh.Freeze()
	start = time.Now()
	s.AwaitOK(t)
	t.Logf("a frozen one was replaced after %v", time.Since(start))
	if s.Primary() == fresh {
		t.Error("a frozen primary was not replaced")
	}
	fresh.Thaw()
	s.Sentinels[0].Restart(t)
	s.AwaitOK(t)

	s.Sentinels[0].Stop()
	s.Sentinels[1].Stop()
	if err := await(100*time.Millisecond, s.checkSettled); err == nil {
		t.Error("one of three sentinels passes for a quorum")
	}
	s.Sentinels[2].Stop()
	wantFailure(t, func(tb testing.TB) { s.AwaitOK(tb) }, "no sentinel runs")
	wantFailure(t, func(tb testing.TB) { s.tb = tb; s.Primary() }, "no running sentinel")
}

func TestSentinelThatDoesNotForm(t *testing.T) {
	s, err := startSentinel(t)
	if err != nil {
		t.Fatal(err)
	}
	victim := s.Nodes[2]
	victim.Stop()
	err = s.form(formLimit)
	if !errors.Is(err, errEnded) {
		t.Fatalf("error %v", err)
	}
	wantParts(t, err.Error(), "do not find everything", victim.Addr)
}
