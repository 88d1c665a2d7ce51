package redistest

import (
	"fmt"
	"net"
	"slices"
	"testing"
)

// Reshard moves the count lowest slots of one master, with their keys, to another master,
// and returns when every node knows the new owner. Both masters serve the slots meanwhile,
// and redirect clients by ASK and then by MOVED. No key is lost or overwritten. Reshard
// fails tb if from has fewer than count slots.
func (c *Cluster) Reshard(tb testing.TB, from, to *Server, count int) {
	tb.Helper()
	err := c.reshard(from, to, count)
	if err == nil {
		err = await(settleLimit, c.checkSettled)
	}
	if err != nil {
		tb.Fatalf("redistest: reshard %d slots from %s to %s: %v", count, from.Addr, to.Addr, err)
	}
}

// A move holds the connections of one Reshard, to every running master.
type move struct {
	from, to     *client
	others       []*client // to the masters other than from and to
	fromID, toID string
	toHost       string
	toPort       string
}

func (c *Cluster) reshard(from, to *Server, count int) error {
	if from == to {
		return fmt.Errorf("both are the same")
	}
	var m move
	defer func() { m.close() }()
	var slots []int
	for _, s := range c.Nodes {
		if !s.isUp() {
			continue
		}
		conn, err := dial(s.Addr, commandLimit)
		if err != nil {
			return err
		}
		v, err := clusterView(conn)
		if err != nil {
			conn.close()
			return err
		}
		switch self := v.self(); {
		case s == from:
			m.from, m.fromID, slots = conn, self.id, self.firstSlots(count)
		case s == to && self.master:
			m.to, m.toID = conn, self.id
		case self.master:
			m.others = append(m.others, conn)
		default:
			conn.close()
		}
	}
	if m.from == nil || m.to == nil {
		return fmt.Errorf("not both are running masters of this cluster")
	}
	if len(slots) < count {
		return fmt.Errorf("it has only %d", len(slots))
	}
	m.toHost, m.toPort, _ = net.SplitHostPort(to.Addr)
	for _, slot := range slots {
		if err := m.moveSlot(slot); err != nil {
			return fmt.Errorf("slot %d: %w", slot, err)
		}
	}
	return nil
}

func (m *move) close() {
	for _, conn := range append(slices.Clone(m.others), m.from, m.to) {
		if conn != nil {
			conn.close()
		}
	}
}

// moveSlot moves one slot. The order of the commands is the order in the specification
// of Redis Cluster. With this order the old owner never redirects a client to a node that
// redirects the client back.
func (m *move) moveSlot(slot int) error {
	if _, err := m.to.do("CLUSTER", "SETSLOT", slot, "IMPORTING", m.fromID); err != nil {
		return err
	}
	if _, err := m.from.do("CLUSTER", "SETSLOT", slot, "MIGRATING", m.toID); err != nil {
		return err
	}
	// From now on missing keys are created only at the destination, so that the slot
	// stays empty once it is empty.
	if err := m.moveKeys(slot); err != nil {
		return err
	}
	for _, conn := range append([]*client{m.to, m.from}, m.others...) {
		if _, err := conn.do("CLUSTER", "SETSLOT", slot, "NODE", m.toID); err != nil {
			return err
		}
	}
	return nil
}

func (m *move) moveKeys(slot int) error {
	for {
		reply, err := m.from.do("CLUSTER", "GETKEYSINSLOT", slot, 100)
		if err != nil {
			return err
		}
		keys, _ := reply.([]any)
		if len(keys) == 0 {
			return nil
		}
		// There is no REPLACE, so a key that is on both masters is an error. The reply
		// NOKEY is a success too: all keys have expired in the meantime.
		limit := commandLimit.Milliseconds()
		if _, err := m.from.do(append([]any{"MIGRATE", m.toHost, m.toPort, "", 0, limit, "KEYS"}, keys...)...); err != nil {
			return err
		}
	}
}
