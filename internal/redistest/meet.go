package redistest

import (
	"fmt"
	"net"
	"time"
)

// handshake is for how long a node tries to meet another one: the node timeout,
// but at least a second. Then it forgets that it was told to.
const handshake = time.Second

// meeting returns a check for await that has the nodes meet, and returns nil
// when every one has shaken hands with every other one.
//
// The first node is told of the others, and gossip does the rest. On a busy
// machine handshakes expire, and a node of which nobody has heard stays alone
// for good; so those that have not met are told again.
func (c *Cluster) meeting() func() error {
	var told time.Time
	return func() error {
		apart, err := c.apart()
		if err != nil || len(apart) == 0 {
			return err
		}
		err = fmt.Errorf("%d of the pairs have not met, %s and %s among them",
			len(apart), apart[0][0].Addr, apart[0][1].Addr)
		first := told.IsZero()
		if !first && time.Since(told) < handshake+handshake/2 {
			return err
		}
		told = time.Now()
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

// apart returns the pairs of nodes of which one does not know the other.
func (c *Cluster) apart() ([][2]*Server, error) {
	knows := map[[2]string]bool{}
	for _, s := range c.Nodes {
		v, err := s.clusterView()
		if err != nil {
			return nil, err
		}
		for _, n := range v {
			knows[[2]string{s.Addr, n.addr}] = n.trouble == ""
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
