package redistest

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestStartAndStop(t *testing.T) {
	a, b := Start(t), Start(t)
	if a.Addr == b.Addr || !strings.HasPrefix(a.Addr, "127.0.0.1:") {
		t.Errorf("addresses %s and %s", a.Addr, b.Addr)
	}
	if pong := mustDo(t, a, "PING"); pong != "PONG" {
		t.Errorf("answer %v", pong)
	}
	a.Stop()
	a.Stop() // a second Stop is harmless
	if _, err := a.Do("PING"); err == nil {
		t.Error("a stopped server still answers")
	}
	if _, err := b.Do("PING"); err != nil {
		t.Errorf("the other one went with it: %v", err)
	}
}

func TestRestart(t *testing.T) {
	s := Start(t)
	addr, pid := s.Addr, s.PID()
	mustDo(t, s, "SET", "k", "v")
	s.Stop()
	s.Restart(t)
	if s.Addr != addr || s.PID() == pid {
		t.Errorf("%s as process %d, was %s as %d", s.Addr, s.PID(), addr, pid)
	}
	if v := mustDo(t, s, "GET", "k"); v != nil {
		t.Errorf("there was a %v left", v)
	}
	pid = s.PID()
	s.Restart(t) // a running server is ended first
	if s.PID() == pid || mustDo(t, s, "PING") != "PONG" {
		t.Error("a running server was not restarted")
	}
}

func TestStartAppendOnly(t *testing.T) {
	s := StartAppendOnly(t)
	mustDo(t, s, "SET", "k", "v")
	s.Restart(t)
	if v := mustDo(t, s, "GET", "k"); v != "v" {
		t.Errorf("after the restart: %v", v)
	}
}

// Redis answers INFO after each 1,024 commands of its file, and refuses other commands until the end.
func TestRestartWaitsUntilFilesAreRead(t *testing.T) {
	s := StartAppendOnly(t)
	mustDo(t, s, "EVAL", "for i = 1, 3000 do redis.call('SET', i, i) end", 0)
	s.launch.args = append(s.launch.args, "--key-load-delay", "100") // in microseconds
	s.Restart(t)
	if v := mustDo(t, s, "GET", "3000"); v != "3000" {
		t.Errorf("after the restart: %v", v)
	}
}

func TestFlush(t *testing.T) {
	s := Start(t)
	mustDo(t, s, "SET", "k", "v")
	s.Flush()
	if n := mustDo(t, s, "DBSIZE"); n != int64(0) {
		t.Errorf("%v keys are left", n)
	}
	sha := mustDo(t, s, "SCRIPT", "LOAD", "return 1")
	if one := mustDo(t, s, "EVALSHA", sha, 0); one != int64(1) {
		t.Errorf("the script says %v", one)
	}
	s.ScriptFlush()
	_, err := s.Do("EVALSHA", sha, 0)
	if e, is := errors.AsType[Error](err); !is || !strings.HasPrefix(string(e), "NOSCRIPT") {
		t.Errorf("error %v", err)
	}
}

// The kernel kills a server with the thread that started it. That thread must not be
// the thread of the test.
func TestServerSurvivesTheThreadOfItsTest(t *testing.T) {
	started := make(chan *Server)
	go func() {
		runtime.LockOSThread() // ends with the goroutine
		s, err := start(t, spec{dir: t.TempDir()})
		if err != nil {
			t.Error(err)
		}
		started <- s
	}()
	s := <-started
	if s == nil {
		return
	}
	for range 100 {
		runtime.Gosched()
		if _, err := s.Do("PING"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStartFailures(t *testing.T) {
	s := Start(t)
	failed := *s.process() // runs, but does not listen on the other port
	elsewhere := Start(t)
	if err := elsewhere.launch.checkAnswers(&failed); err == nil || !strings.Contains(err.Error(), "instead of") {
		t.Errorf("another process on the port passes: %v", err)
	}
	l := s.launch
	l.args = []string{"--no-such-option", "1"}
	if _, err := l.run(); !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("error %v does not contain the output of the server", err)
	}
	s.launch.path = filepath.Join(t.TempDir(), "missing")
	wantFailure(t, func(tb testing.TB) { s.Restart(tb) }, "restart", "missing")
	s.launch.dir = filepath.Join(t.TempDir(), "missing")
	wantParts(t, s.launch.output(), "missing")

	t.Setenv("PATH", t.TempDir())
	for name, f := range map[string]func(testing.TB){
		"Start":          func(tb testing.TB) { Start(tb) },
		"StartCluster":   func(tb testing.TB) { StartCluster(tb) },
		"StartSentinel":  func(tb testing.TB) { StartSentinel(tb) },
		"StartWithClock": func(tb testing.TB) { fakeCompiler(t, "exit 0"); StartWithClock(tb) },
	} {
		t.Run(name, func(t *testing.T) { wantFailure(t, f, "redis-server", "make test") })
	}
}

func TestEveryStartFails(t *testing.T) {
	fakeTool(t, "redis-server", "echo worn out; exit 1")
	wantFailure(t, func(tb testing.TB) { Start(tb) }, "the process ended", "worn out")
}

func TestServerReportsFailuresToItsTest(t *testing.T) {
	s := Start(t)
	s.Stop()
	wantFailure(t, func(tb testing.TB) { s.tb = tb; s.Flush() }, "FLUSHALL", s.Addr)
	wantFailure(t, func(tb testing.TB) { s.tb = tb; s.ScriptFlush() }, "SCRIPT FLUSH", s.Addr)
}

func TestFreePorts(t *testing.T) {
	ports, err := freePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range ports {
		if seen[p] {
			t.Errorf("port %s twice", p)
		}
		seen[p] = true
		l, err := net.Listen("tcp", net.JoinHostPort(loopback, p))
		if err != nil {
			t.Error(err)
			continue
		}
		l.Close()
	}
	if _, err := freePorts(lastPort); err == nil {
		t.Error("there are more free ports than ports")
	}
}

// fakeTool puts a script before the other tools in PATH.
func fakeTool(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func fakeCompiler(t *testing.T, script string) {
	t.Helper()
	fakeTool(t, "cc", script)
}
