package redistest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	// nodeTimeout is the time after which an unreachable node is suspected. A failover
	// takes about three times as long.
	nodeTimeout = 500 * time.Millisecond

	// formLimit bounds the time to form a cluster, and settleLimit the time of a later
	// change. Both are many times longer than an idle machine needs.
	formLimit   = 20 * time.Second
	settleLimit = 20 * time.Second

	masters = 3
)

// Cluster is a Redis Cluster of three masters with a replica each.
type Cluster struct {
	Nodes []*Server // the initial masters, then their replicas

	tb testing.TB
}

// StartCluster runs a cluster until the end of the test, with a node timeout of
// 500 ms. It returns when every node considers the cluster complete and every
// replica follows its master.
func StartCluster(tb testing.TB) *Cluster {
	tb.Helper()
	c, err := startNodes(tb)
	if err == nil {
		err = c.form(formLimit)
	}
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return c
}

// Addrs returns the addresses of all six nodes.
func (c *Cluster) Addrs() []string { return addrs(c.Nodes) }

func addrs(servers []*Server) []string {
	var all []string
	for _, s := range servers {
		all = append(all, s.Addr)
	}
	return all
}

// startNodes runs six nodes that do not know each other yet.
func startNodes(tb testing.TB) (*Cluster, error) {
	specs := make([]spec, 2*masters)
	for i := range specs {
		specs[i].cluster = true
	}
	nodes, err := startAll(tb, specs)
	return &Cluster{Nodes: nodes, tb: tb}, err
}

// startAll runs several servers at once, each in a directory of its own.
func startAll(tb testing.TB, specs []spec) ([]*Server, error) {
	dir := tb.TempDir()
	servers, errs := make([]*Server, len(specs)), make([]error, len(specs))
	var all sync.WaitGroup
	for i, want := range specs {
		all.Go(func() {
			if want.dir == "" {
				want.dir = filepath.Join(dir, strconv.Itoa(i))
			}
			if errs[i] = os.MkdirAll(want.dir, 0o700); errs[i] == nil {
				servers[i], errs[i] = start(tb, want)
			}
		})
	}
	all.Wait()
	return servers, errors.Join(errs...)
}

// form makes the nodes a cluster, by the steps of `redis-cli --cluster create`. It does
// not use redis-cli, which may be missing.
func (c *Cluster) form(limit time.Duration) error {
	for i, s := range c.Nodes[:masters] {
		if err := assignSlots(s, i); err != nil {
			return fmt.Errorf("cluster node %s: %w%s", s.Addr, err, s.outputIfEnded())
		}
	}
	if err := c.await(limit, c.newMeetCheck()); err != nil {
		return fmt.Errorf("the nodes do not meet: %w", err)
	}
	for i, s := range c.Nodes[masters:] {
		v, err := c.Nodes[i].clusterView()
		if err == nil {
			_, err = s.Do("CLUSTER", "REPLICATE", v.self().id)
		}
		if err != nil {
			return fmt.Errorf("replica %s: %w%s", s.Addr, err, s.outputIfEnded())
		}
	}
	if err := c.await(limit, c.checkSettled); err != nil {
		return fmt.Errorf("the cluster does not form: %w", err)
	}
	return nil
}

// assignSlots gives the i-th master its slots.
func assignSlots(s *Server, i int) error {
	first, last := i*slotCount/masters, (i+1)*slotCount/masters-1
	if _, err := s.Do("CLUSTER", "ADDSLOTSRANGE", first, last); err != nil {
		return err
	}
	// Masters with equal epochs would first have to resolve the collision.
	_, err := s.Do("CLUSTER", "SET-CONFIG-EPOCH", i+1)
	return err
}

// await waits for check, and stops early if a node has ended on its own.
func (c *Cluster) await(limit time.Duration, check func() error) error {
	return await(limit, func() error {
		for _, s := range c.Nodes {
			if s.process().hasEnded() {
				return fmt.Errorf("node %s: %w%s", s.Addr, errEnded, s.outputIfEnded())
			}
		}
		return check()
	})
}
