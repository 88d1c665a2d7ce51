package redisconn

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// A dial to the old master that ends late does not bring the old master back.
func TestEarlierDialDoesNotReplaceMaster(t *testing.T) {
	m := masterTracker{dial: func(context.Context, string, string) (net.Conn, error) { panic("elsewhere") }}
	first, second := m.lastTicket.Add(1), m.lastTicket.Add(1)
	m.recordMaster(second, "new")
	m.recordMaster(first, "old")
	old := &masterConn{tracker: &m, addr: "old"}
	if err := old.SetWriteDeadline(time.Now()); !errors.Is(err, errReplaced) || !errors.Is(err, errUnsent) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	fresh := &masterConn{Conn: a, tracker: &m, addr: "new"}
	if err := fresh.SetWriteDeadline(time.Now()); err != nil {
		t.Errorf("%v", err)
	}
}
