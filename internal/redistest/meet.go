package redistest

import (
	"fmt"
	"net"
	"time"
)

// handshakeTimeout is how long a node tries to meet another node: the node timeout,
// but at least a second. After this time the node forgets the CLUSTER MEET.
const handshakeTimeout = time.Second

// newMeetCheck returns a check for await that makes the nodes meet. The check returns
// nil when every node has shaken hands with every other node.
//
// The check tells the first node about the others, and gossip does the rest. On a busy
// machine handshakes expire, and a node that is unknown to all others stays alone for
// good. So the check tells unmet pairs again.
func (c *Cluster) newMeetCheck() func() error {
	var lastTold time.Time
	return func() error {
		apart, err := c.unmetPairs()
		if err != nil || len(apart) == 0 {
			return err
		}
		err = fmt.Errorf("%d of the pairs have not met, %s and %s among them",
			len(apart), apart[0][0].Addr, apart[0][1].Addr)
		first := lastTold.IsZero()
		if !first && time.Since(lastTold) < handshakeTimeout+handshakeTimeout/2 {
			return err
		}
		lastTold = time.Now()
		for _, pair := range apart {
			if first && pair[0] != c.Nodes[0] {
				continue
			}
			host, port, _ := net.SplitHostPort(pair[1].Addr)
			if _, err := pair[0].Do("CLUSTER", "MEET", host, port, pair[1].launch.bus); err != nil {
				return err
			}
		}
		return err
	}
}

// unmetPairs returns the pairs of nodes that do not know each other.
func (c *Cluster) unmetPairs() ([][2]*Server, error) {
	knows := map[[2]string]bool{}
	for _, s := range c.Nodes {
		v, err := s.clusterView()
		if err != nil {
			return nil, err
		}
		for _, n := range v {
			knows[[2]string{s.Addr, n.addr}] = n.problemFlag == ""
		}
	}
	var pairs [][2]*Server
	for i, a := range c.Nodes {
		for _, b := range c.Nodes[i+1:] {
			if !knows[[2]string{a.Addr, b.Addr}] || !knows[[2]string{b.Addr, a.Addr}] {
				pairs = append(pairs, [2]*Server{a, b})
			}
		}
	}
	return pairs, nil
}
