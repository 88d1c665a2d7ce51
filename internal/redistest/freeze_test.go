//go:build unix

package redistest

import (
	"errors"
	"net"
	"testing"
	"time"
)

func TestFreezeAndThaw(t *testing.T) {
	s := Start(t)
	s.Freeze()
	_, err := do(s.Addr, 50*time.Millisecond, "SET", "k", "v")
	if e, is := errors.AsType[net.Error](err); !is || !e.Timeout() {
		t.Errorf("a frozen server: %v", err)
	}
	s.Thaw()
	if pong := mustDo(t, s, "PING"); pong != "PONG" {
		t.Errorf("answer %v", pong)
	}
	s.Freeze()
	s.Restart(t)
	if pong := mustDo(t, s, "PING"); pong != "PONG" || !s.isUp() {
		t.Errorf("answer %v after a restart", pong)
	}
	s.Freeze()
	s.Stop()
	if !s.process().hasEnded() {
		t.Error("it was not stopped")
	}
	wantFailure(t, func(tb testing.TB) { s.tb = tb; s.Freeze() }, "freeze", s.Addr)
	wantFailure(t, func(tb testing.TB) { s.tb = tb; s.Thaw() }, "thaw", s.Addr)
}
