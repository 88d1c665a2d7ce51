// Package redistest starts private Redis servers for tests: single ones, a
// cluster, and a primary under sentinels, and brings the faults that a store
// must survive upon them.
//
// A test gets servers of its own on free ports of the loopback interface,
// without persistence, and they are ended with the test by their processes.
// There is no fake: what scripts, expiry, replication and failover do is the
// point of the tests. What is missing or does not come up fails the test, with
// what the servers printed, and never skips it.
//
// The methods that take no testing.TB report to the test that started the
// server, and may be called from any goroutine while that test runs.
package redistest

import (
	"fmt"
	"os/exec"
	"sync"
	"testing"
)

// Server is a redis-server that a test owns.
type Server struct {
	Addr string // host:port on the loopback interface

	tb     testing.TB
	launch launch

	mu     sync.Mutex // guards process and frozen
	proc   *process
	frozen bool
}

// Start runs redis-server until the end of the test. It fails the test, and
// never skips it, if it cannot.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := start(tb, spec{dir: tb.TempDir()})
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return s
}

// Stop kills the server with SIGKILL, if it still runs, frozen or not, and
// waits until it is gone.
func (s *Server) Stop() { s.process().kill() }

// PID returns the process ID of the server. It changes with Restart.
func (s *Server) PID() int { return s.process().pid() }

// Restart runs the server again, on the same port and in the same directory,
// and ends it first if it still runs. The data is gone; a cluster node keeps
// its identity and a sentinel what it has learned.
//
// A primary that comes back before its replicas were promoted is still their
// primary, with nothing in it, and they will copy that.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	s.Stop()
	p, err := s.launch.run()
	if err != nil {
		tb.Fatalf("redistest: restart: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc, s.frozen = p, false
}

func (s *Server) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

// up reports whether the server can be expected to answer.
func (s *Server) up() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.frozen && !s.proc.hasEnded()
}

// lastWords returns what a server that has ended printed before.
func (s *Server) lastWords() string {
	if !s.process().hasEnded() {
		return ""
	}
	return "\n" + s.launch.output()
}

// spec is what a test wants of a server; everything else is the same for all.
type spec struct {
	dir     string
	env     []string
	args    []string
	setup   []any
	cluster bool
}

// start runs a server for tb and ends it with tb.
func start(tb testing.TB, want spec) (*Server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("%w; `make test` installs it", err)
	}
	// Between finding a free port and using it another process may take it.
	for range 5 {
		var l launch
		if l, err = plan(path, want); err != nil {
			return nil, err
		}
		var p *process
		if p, err = l.run(); err == nil {
			s := &Server{Addr: l.addr, tb: tb, launch: l, proc: p}
			tb.Cleanup(s.Stop)
			return s, nil
		}
	}
	return nil, err
}
