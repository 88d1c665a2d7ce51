package redistest

import (
	"fmt"
	"testing"
)

// AwaitOK waits until the running nodes are a complete cluster again: all nodes agree
// on it, it serves every slot from a running master, and every running replica follows
// a running master. The cluster must have noticed each stopped or frozen node, and
// replaced it if it was a master. AwaitOK fails tb if the cluster needs more than 20 s.
func (c *Cluster) AwaitOK(tb testing.TB) {
	tb.Helper()
	if err := await(settleLimit, c.checkSettled); err != nil {
		tb.Fatalf("redistest: the cluster does not recover: %v", err)
	}
}

// MasterOf returns the running master that claims to serve key. It fails the test
// of the cluster if there is no such master, as after a fault and before AwaitOK.
func (c *Cluster) MasterOf(key string) *Server {
	c.tb.Helper()
	slot := slotOf(key)
	var master *Server
	epoch := -1
	for _, s := range c.Nodes {
		if !s.isUp() {
			continue
		}
		v, err := s.clusterView()
		if err != nil {
			c.tb.Fatalf("redistest: node %s: %v", s.Addr, err)
		}
		// A thawed master may not know yet that it was replaced. The claim with the later
		// epoch wins, as in the cluster.
		if n := v.self(); n.master && n.owns(slot) && n.epoch > epoch {
			master, epoch = s, n.epoch
		}
	}
	if master == nil {
		c.tb.Fatalf("redistest: no running master serves slot %d of %q", slot, key)
	}
	return master
}

// checkSettled returns nil if the cluster is complete, as AwaitOK describes it.
func (c *Cluster) checkSettled() error {
	var agreed string
	for _, s := range c.Nodes {
		if !s.isUp() {
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

// inspect returns the summary of the cluster by s, or an error if s sees a fault.
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
	if text, _ := info.(string); infoField(text, "cluster_state") != "ok" {
		return "", fmt.Errorf("cluster_state is %q", infoField(text, "cluster_state"))
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
		if text, _ := info.(string); infoField(text, "master_link_status") != "up" {
			return "", fmt.Errorf("its link to its master is %q", infoField(text, "master_link_status"))
		}
	}
	return v.summary(), nil
}

// compare returns an error if v does not match the servers that run.
func (c *Cluster) compare(v view) error {
	running := map[string]bool{}
	for _, s := range c.Nodes {
		running[s.Addr] = s.isUp()
	}
	ids := map[string]node{}
	for _, n := range v {
		ids[n.id] = n
	}
	served, healthy := 0, map[string]bool{}
	for _, n := range v {
		switch {
		case running[n.addr] && n.problemFlag != "":
			return fmt.Errorf("%s runs and is considered %q", n.addr, n.problemFlag)
		case !running[n.addr] && n.problemFlag == "":
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
