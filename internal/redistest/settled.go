package redistest

import (
	"fmt"
	"testing"
)

// AwaitOK waits until the running nodes are a complete cluster again: all of
// them agree on it, it serves every slot from a running master, and every
// running replica follows a running master. Nodes that are stopped or frozen
// must have been found out, and replaced if they were masters. It fails tb if
// that takes more than 20 s.
func (c *Cluster) AwaitOK(tb testing.TB) {
	tb.Helper()
	if err := await(settleLimit, c.settled); err != nil {
		tb.Fatalf("redistest: the cluster does not recover: %v", err)
	}
}

// MasterOf returns the running master that serves key, by its own account. It
// fails the test of the cluster if there is none, as after a fault and before
// AwaitOK.
func (c *Cluster) MasterOf(key string) *Server {
	c.tb.Helper()
	slot := slotOf(key)
	var master *Server
	epoch := -1
	for _, s := range c.Nodes {
		if !s.up() {
			continue
		}
		v, err := s.clusterView()
		if err != nil {
			c.tb.Fatalf("redistest: node %s: %v", s.Addr, err)
		}
		// A master that was thawed may not know yet that it was replaced; the
		// later claim wins, as it will in the cluster.
		if n := v.self(); n.master && n.owns(slot) && n.epoch > epoch {
			master, epoch = s, n.epoch
		}
	}
	if master == nil {
		c.tb.Fatalf("redistest: no running master serves slot %d of %q", slot, key)
	}
	return master
}

// settled returns nil when AwaitOK has nothing to wait for.
func (c *Cluster) settled() error {
	var agreed string
	for _, s := range c.Nodes {
		if !s.up() {
			continue
		}
		summary, err := c.inspect(s)
		if err != nil {
			return fmt.Errorf("node %s: %w", s.Addr, err)
		}
		if agreed == "" {
			agreed = summary
		}
		if summary != agreed {
			return fmt.Errorf("the nodes disagree:\n%sand %s says\n%s", agreed, s.Addr, summary)
		}
	}
	if agreed == "" {
		return fmt.Errorf("no node runs: %w", errEnded)
	}
	return nil
}

// inspect returns what s says about the cluster, if there is no fault in it.
func (c *Cluster) inspect(s *Server) (string, error) {
	conn, err := dial(s.Addr, commandLimit)
	if err != nil {
		return "", err
	}
	defer conn.close()
	info, err := conn.do("CLUSTER", "INFO")
	if err != nil {
		return "", err
	}
	if text, _ := info.(string); field(text, "cluster_state") != "ok" {
		return "", fmt.Errorf("cluster_state is %q", field(text, "cluster_state"))
	}
	v, err := clusterView(conn)
	if err != nil {
		return "", err
	}
	if err := c.compare(v); err != nil {
		return "", err
	}
	if !v.self().master {
		info, err := conn.do("INFO", "replication")
		if err != nil {
			return "", err
		}
		if text, _ := info.(string); field(text, "master_link_status") != "up" {
			return "", fmt.Errorf("its link to its master is %q", field(text, "master_link_status"))
		}
	}
	return v.summary(), nil
}

// compare holds v against what is known to run.
func (c *Cluster) compare(v view) error {
	running := map[string]bool{}
	for _, s := range c.Nodes {
		running[s.Addr] = s.up()
	}
	ids := map[string]node{}
	for _, n := range v {
		ids[n.id] = n
	}
	served, healthy := 0, map[string]bool{}
	for _, n := range v {
		switch {
		case running[n.addr] && n.trouble != "":
			return fmt.Errorf("%s runs and is considered %q", n.addr, n.trouble)
		case !running[n.addr] && n.trouble == "":
			return fmt.Errorf("%s does not run and is considered healthy", n.addr)
		case !running[n.addr]:
			continue
		case !n.master && !running[ids[n.primaryID].addr]:
			return fmt.Errorf("%s is a replica of %q, which does not run", n.addr, ids[n.primaryID].addr)
		}
		healthy[n.addr] = true
		for _, s := range n.slots {
			served += s[1] - s[0] + 1
		}
	}
	for addr, up := range running {
		if up && !healthy[addr] {
			return fmt.Errorf("%s runs and is not known", addr)
		}
	}
	if served != slotCount {
		return fmt.Errorf("running masters serve %d of %d slots", served, slotCount)
	}
	return nil
}
