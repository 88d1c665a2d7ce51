package redistest

import (
	"strings"
	"testing"
)

func TestStartAndStop(t *testing.T) {
	a, b := Start(t), Start(t)
	if a.Addr == b.Addr || !strings.HasPrefix(a.Addr, "127.0.0.1:") {
		t.Errorf("addresses %s and %s", a.Addr, b.Addr)
	}
	if err := func() error { _, err := a.Do("PING"); return err }(); err != nil {
		t.Error(err)
	}
	a.Stop()
	a.Stop() // again is harmless
	if err := func() error { _, err := a.Do("PING"); return err }(); err == nil {
		t.Error("a stopped server still answers")
	}
	if err := func() error { _, err := b.Do("PING"); return err }(); err != nil {
		t.Errorf("the other one went with it: %v", err)
	}
}

func TestStartWithoutRedis(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := start(t, spec{dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "make test") {
		t.Errorf("error %v does not say what to do", err)
	}
}

func TestServerThatEndsIsReported(t *testing.T) {
	if _, err := start(t, spec{dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "ended at once") {
		t.Errorf("error %v", err)
	}
}
