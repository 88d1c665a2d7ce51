package redistest

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

// AwaitOK waits until the running sentinels agree on a running primary, the other
// running nodes follow it, and no failover is under way. The sentinels must have
// noticed each stopped or frozen server, and replaced it if it was the primary. AwaitOK
// fails tb if that takes more than 20 s.
func (s *Sentinel) AwaitOK(tb testing.TB) {
	tb.Helper()
	if err := await(settleLimit, s.checkSettled); err != nil {
		tb.Fatalf("redistest: the sentinels do not recover: %v", err)
	}
}

// Primary returns the server that the first running sentinel considers the primary.
// After a fault and before AwaitOK this may be the old primary. It fails the test of
// the sentinels if no sentinel runs.
func (s *Sentinel) Primary() *Server {
	s.tb.Helper()
	for _, one := range s.Sentinels {
		if !one.isUp() {
			continue
		}
		addr, err := primaryAddr(one)
		if err != nil {
			s.tb.Fatalf("redistest: sentinel %s: %v", one.Addr, err)
		}
		for _, n := range s.Nodes {
			if n.Addr == addr {
				return n
			}
		}
	}
	s.tb.Fatalf("redistest: no running sentinel knows the primary")
	return nil
}

func primaryAddr(sentinel *Server) (string, error) {
	reply, err := sentinel.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName)
	if err != nil {
		return "", err
	}
	pair, _ := reply.([]any)
	if len(pair) != 2 {
		return "", fmt.Errorf("it knows no primary: %v", reply)
	}
	return net.JoinHostPort(fmt.Sprint(pair[0]), fmt.Sprint(pair[1])), nil
}

// checkSettled returns nil when AwaitOK has no reason to wait.
func (s *Sentinel) checkSettled() error {
	var agreed string
	for _, one := range s.Sentinels {
		if !one.isUp() {
			continue
		}
		addr, err := s.inspect(one)
		if err != nil {
			return fmt.Errorf("sentinel %s: %w", one.Addr, err)
		}
		if agreed == "" {
			agreed = addr
		}
		if addr != agreed {
			return fmt.Errorf("the primary is %s or %s", agreed, addr)
		}
	}
	if agreed == "" {
		return fmt.Errorf("no sentinel runs: %w", errEnded)
	}
	for _, n := range s.Nodes {
		if n.Addr == agreed {
			return s.newReplicationCheck(n)()
		}
	}
	return fmt.Errorf("the primary is %s, which is a stranger", agreed)
}

// inspect returns the primary that a sentinel sees, or an error if the sentinel reports
// a problem.
func (s *Sentinel) inspect(sentinel *Server) (string, error) {
	if _, err := sentinel.Do("SENTINEL", "CKQUORUM", masterName); err != nil {
		return "", err
	}
	reply, err := sentinel.Do("SENTINEL", "MASTER", masterName)
	if err != nil {
		return "", err
	}
	master := pairsToMap(reply)
	for name, want := range map[string]string{
		"flags":               "master", // and neither down nor in a failover
		"num-slaves":          fmt.Sprint(len(s.Nodes) - 1),
		"num-other-sentinels": fmt.Sprint(len(s.Sentinels) - 1),
	} {
		if master[name] != want {
			return "", fmt.Errorf("%s is %q instead of %q", name, master[name], want)
		}
	}
	err = errors.Join(s.compare(sentinel, "REPLICAS", s.Nodes), s.compare(sentinel, "SENTINELS", s.Sentinels))
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(master["ip"], master["port"]), nil
}

// compare returns an error if a sentinel's list of replicas or of other sentinels does
// not match the servers that run.
func (s *Sentinel) compare(sentinel *Server, list string, known []*Server) error {
	reply, err := sentinel.Do("SENTINEL", list, masterName)
	if err != nil {
		return err
	}
	flags := map[string]string{}
	items, _ := reply.([]any)
	for _, item := range items {
		one := pairsToMap(item)
		flags[net.JoinHostPort(one["ip"], one["port"])] = one["flags"]
	}
	for _, n := range known {
		f, listed := flags[n.Addr]
		if listed && !flagsFit(n.isUp(), f) {
			return fmt.Errorf("%s is considered %q", n.Addr, f)
		}
	}
	return nil
}

// flagsFit reports whether flags fit a server. A lost connection alone does not yet
// mean that a server is down. The flag master_down describes not the server that has
// it, but the primary of that server.
func flagsFit(up bool, flags string) bool {
	list := strings.Split(flags, ",")
	down := slices.Contains(list, "s_down")
	if up {
		return !down && !slices.Contains(list, "disconnected")
	}
	return down
}

// newReplicationCheck returns a check that primary is a primary, and that the other
// running nodes follow it.
func (s *Sentinel) newReplicationCheck(primary *Server) func() error {
	return func() error {
		if !primary.isUp() {
			return fmt.Errorf("the primary %s does not run", primary.Addr)
		}
		for _, n := range s.Nodes {
			if !n.isUp() {
				continue
			}
			role, err := roleOf(n)
			if err != nil {
				return err
			}
			want := "slave of " + primary.Addr + ", connected"
			if n == primary {
				want = "master"
			}
			if role != want {
				return fmt.Errorf("%s is %s instead of %s", n.Addr, role, want)
			}
		}
		return nil
	}
}

func roleOf(s *Server) (string, error) {
	reply, err := s.Do("ROLE")
	if err != nil {
		return "", err
	}
	switch role, _ := reply.([]any); {
	case len(role) >= 4 && role[0] == "slave":
		return fmt.Sprintf("slave of %v:%v, %v", role[1], role[2], role[3]), nil
	case len(role) > 0:
		return fmt.Sprint(role[0]), nil
	}
	return "", errors.New("ROLE says nothing")
}

// pairsToMap makes a map of a reply that alternates names and values.
func pairsToMap(reply any) map[string]string {
	list, _ := reply.([]any)
	m := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		m[fmt.Sprint(list[i])] = fmt.Sprint(list[i+1])
	}
	return m
}
