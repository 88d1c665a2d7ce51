package redistest

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
)

// AwaitOK waits until the running sentinels agree on a running primary, the
// other running nodes follow it, and no failover is under way. Whatever is
// stopped or frozen must have been found out, and replaced if it was the
// primary. It fails tb if that takes more than 20 s.
func (s *Sentinel) AwaitOK(tb testing.TB) {
	tb.Helper()
	if err := await(settleLimit, s.settled); err != nil {
		tb.Fatalf("redistest: the sentinels do not recover: %v", err)
	}
}

// Primary returns the server that the first running sentinel considers the
// primary, which after a fault and before AwaitOK may be the old one. It fails
// the test of the sentinels if none of them runs.
func (s *Sentinel) Primary() *Server {
	s.tb.Helper()
	for _, one := range s.Sentinels {
		if !one.up() {
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

// settled returns nil when AwaitOK has nothing to wait for.
func (s *Sentinel) settled() error {
	var agreed string
	for _, one := range s.Sentinels {
		if !one.up() {
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
			return s.replicated(n)()
		}
	}
	return fmt.Errorf("the primary is %s, which is a stranger", agreed)
}

// inspect returns the primary that a sentinel sees, if it is content.
func (s *Sentinel) inspect(sentinel *Server) (string, error) {
	if _, err := sentinel.Do("SENTINEL", "CKQUORUM", masterName); err != nil {
		return "", err
	}
	reply, err := sentinel.Do("SENTINEL", "MASTER", masterName)
	if err != nil {
		return "", err
	}
	master := pairs(reply)
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

// compare holds what a sentinel says of replicas or of other sentinels against
// what is known to run.
func (s *Sentinel) compare(sentinel *Server, list string, known []*Server) error {
	reply, err := sentinel.Do("SENTINEL", list, masterName)
	if err != nil {
		return err
	}
	flags := map[string]string{}
	items, _ := reply.([]any)
	for _, item := range items {
		one := pairs(item)
		flags[net.JoinHostPort(one["ip"], one["port"])] = one["flags"]
	}
	for _, n := range known {
		f, listed := flags[n.Addr]
		if listed && !plausible(n.up(), f) {
			return fmt.Errorf("%s is considered %q", n.Addr, f)
		}
	}
	return nil
}

// plausible reports whether flags fit a server. A lost connection alone is not
// yet a finding, and master_down is not about the server that has it, but what
// that one says about its primary.
func plausible(up bool, flags string) bool {
	list := strings.Split(flags, ",")
	down := slices.Contains(list, "s_down")
	if up {
		return !down && !slices.Contains(list, "disconnected")
	}
	return down
}

// replicated checks that primary is one, and that the others that run follow it.
func (s *Sentinel) replicated(primary *Server) func() error {
	return func() error {
		if !primary.up() {
			return fmt.Errorf("the primary %s does not run", primary.Addr)
		}
		for _, n := range s.Nodes {
			if !n.up() {
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

// pairs makes a map of a reply that alternates names and values.
func pairs(reply any) map[string]string {
	list, _ := reply.([]any)
	m := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		m[fmt.Sprint(list[i])] = fmt.Sprint(list[i+1])
	}
	return m
}
