package redistest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// node is one line of CLUSTER NODES.
type node struct {
	id, addr    string
	self        bool
	primaryID   string // empty for a master
	master      bool
	problemFlag string // the flag of a node that is no healthy member: fail?, handshake, …
	epoch       int
	slots       [][2]int // from and to, both included
}

// A view is the description of the cluster by one node.
type view []node

func (s *Server) clusterView() (view, error) {
	c, err := dial(s.Addr, commandLimit)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return clusterView(c)
}

func clusterView(c *client) (view, error) {
	reply, err := c.do("CLUSTER", "NODES")
	if err != nil {
		return nil, err
	}
	text, _ := reply.(string)
	return parseView(text)
}

func parseView(text string) (view, error) {
	var v view
	for line := range strings.Lines(text) {
		n, err := parseNode(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("CLUSTER NODES: %w: %q", err, line)
		}
		v = append(v, n)
	}
	return v, nil
}

func parseNode(f []string) (node, error) {
	if len(f) < 8 {
		return node{}, errors.New("too few fields")
	}
	n := node{id: f[0]}
	n.addr, _, _ = strings.Cut(f[1], "@")
	for flag := range strings.SplitSeq(f[2], ",") {
		switch flag {
		case "myself":
			n.self = true
		case "master":
			n.master = true
		case "fail", "fail?", "handshake", "noaddr":
			n.problemFlag = flag
		}
	}
	if f[3] != "-" {
		n.primaryID = f[3]
	}
	var err error
	if n.epoch, err = strconv.Atoi(f[6]); err != nil {
		return node{}, err
	}
	for _, span := range f[8:] {
		if strings.HasPrefix(span, "[") {
			continue // a slot that is moving; its owner also lists it without brackets
		}
		from, to, isRange := strings.Cut(span, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err := errors.Join(err1, err2); err != nil {
			return node{}, err
		}
		n.slots = append(n.slots, [2]int{first, last})
	}
	return n, nil
}

// self returns the node's description of itself.
func (v view) self() node {
	if i := slices.IndexFunc(v, func(n node) bool { return n.self }); i >= 0 {
		return v[i]
	}
	return node{}
}

func (n node) owns(slot int) bool {
	return slices.ContainsFunc(n.slots, func(s [2]int) bool { return s[0] <= slot && slot <= s[1] })
}

// firstSlots returns the lowest count slots of the node, or as many as it has.
func (n node) firstSlots(count int) []int {
	var all []int
	for _, s := range n.slots {
		for slot := s[0]; slot <= s[1] && len(all) < count; slot++ {
			all = append(all, slot)
		}
	}
	return all
}

// summary lists the members without a problem, with their roles and slots. Two nodes
// agree if their summaries are equal.
func (v view) summary() string {
	v = slices.Clone(v)
	slices.SortFunc(v, func(a, b node) int { return cmp.Compare(a.addr, b.addr) })
	var b strings.Builder
	for _, n := range v {
		if n.problemFlag == "" {
			fmt.Fprintln(&b, n.addr, n.id, n.master, n.primaryID, n.slots)
		}
	}
	return b.String()
}

// slotCount is the number of hash slots of every Redis Cluster.
const slotCount = 16384

// slotOf returns the hash slot of key: CRC-16/XMODEM of the key, or of the
// first non-empty {tag} in it.
func slotOf(key string) int {
	if _, rest, found := strings.Cut(key, "{"); found {
		if tag, _, closed := strings.Cut(rest, "}"); closed && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for _, b := range []byte(key) {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return int(crc) % slotCount
}
