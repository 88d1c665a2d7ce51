package redistest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// The quorum of three sentinels, and the name by which they know the primary. The name
// says nothing on purpose, because a client must not depend on it.
const (
	quorum     = 2
	masterName = "redistest"
)

// sentinelPeriods makes the sentinels look more often than every ten seconds (INFO) and
// every two seconds (the others), which would be most of a test. Pings must come more
// often than the time after which a node is down. A sentinel pings a new primary one
// period after it has learned of it, and counts from then. With equal times it would
// suspect each new primary and fail over again.
var sentinelPeriods = []any{"SENTINEL", "DEBUG",
	"PING-PERIOD", 100, "INFO-PERIOD", 200, "PUBLISH-PERIOD", 200, "ASK-PERIOD", 200}

// Sentinel is a primary with two replicas under three sentinels.
type Sentinel struct {
	MasterName string
	Nodes      []*Server // the initial primary, then its replicas
	Sentinels  []*Server

	tb testing.TB
}

// StartSentinel runs a primary, two replicas and three sentinels until the end of the
// test. A primary that does not answer for 300 ms is considered down, two sentinels
// suffice to replace it, and a failed failover is tried again after 4 s. StartSentinel
// returns when the replicas follow and the sentinels know all servers.
func StartSentinel(tb testing.TB) *Sentinel {
	tb.Helper()
	s, err := startSentinel(tb)
	if err == nil {
		err = s.form(formLimit)
	}
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return s
}

// Addrs returns the addresses of the three sentinels.
func (s *Sentinel) Addrs() []string { return addrs(s.Sentinels) }

func startSentinel(tb testing.TB) (*Sentinel, error) {
	s := &Sentinel{MasterName: masterName, tb: tb}
	primary, err := startAll(tb, make([]spec, 1))
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(primary[0].Addr)
	replica := spec{args: []string{"--replicaof", host, port}}
	replicas, err := startAll(tb, []spec{replica, replica})
	if err != nil {
		return nil, err
	}
	s.Nodes = slices.Concat(primary, replicas)
	// A sentinel asks a primary for its replicas when it starts, so start the replicas
	// first.
	if err := await(formLimit, s.newReplicationCheck(primary[0])); err != nil {
		return nil, fmt.Errorf("the replicas do not follow: %w", err)
	}
	specs := make([]spec, 3)
	for i := range specs {
		if specs[i], err = sentinelSpec(filepath.Join(tb.TempDir(), strconv.Itoa(i)), host, port); err != nil {
			return nil, err
		}
	}
	s.Sentinels, err = startAll(tb, specs)
	return s, err
}

// sentinelSpec writes the configuration file that a sentinel must have, and will
// rewrite.
func sentinelSpec(dir, host, port string) (spec, error) {
	conf := fmt.Sprintf("sentinel monitor %[1]s %s %s %d\n"+
		"sentinel down-after-milliseconds %[1]s 300\n"+
		"sentinel failover-timeout %[1]s 2000\n"+
		"sentinel parallel-syncs %[1]s 1\n", masterName, host, port, quorum)
	file := filepath.Join(dir, "sentinel.conf")
	err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, []byte(conf), 0o600))
	return spec{dir: dir, args: []string{file, "--sentinel"}, setup: sentinelPeriods}, err
}

func (s *Sentinel) form(limit time.Duration) error {
	err := await(limit, func() error {
		for _, one := range slices.Concat(s.Sentinels, s.Nodes) {
			if one.process().hasEnded() {
				return fmt.Errorf("%s: %w%s", one.Addr, errEnded, one.outputIfEnded())
			}
		}
		return s.checkSettled()
	})
	if err != nil {
		return fmt.Errorf("the sentinels do not find everything: %w", err)
	}
	return nil
}
