// Package redistest starts private Redis servers for tests: a single server, a cluster,
// or a primary under sentinels. It also causes the faults that a store must survive.
//
// # Use
//
//	server := redistest.Start(t) // or StartCluster, StartSentinel, StartTLS, StartWithClock
//	client := redis.NewClient(&redis.Options{Addr: server.Addr})
//	server.Freeze()
//	defer server.Thaw()
//
// # Invariants
//
// A test gets servers of its own on free ports of the loopback interface, without
// persistence except by StartAppendOnly. The processes of the servers end with the test. There is no fake,
// because the tests are about the real behaviour of scripts, expiry, replication and
// failover. A missing tool or a server that does not start fails the test, with the
// output of the servers, and never skips it.
//
// # Place in the chain
//
// Tests call this package. A method without a testing.TB reports to the test that
// started the server. Any goroutine may call it while that test runs.
package redistest

import (
	"fmt"
	"os/exec"
	"sync"
	"testing"
)

// Server is a redis-server that a test owns.
type Server struct {
	Addr    string // host:port on the loopback interface
	TLSAddr string // the same with TLS; empty unless StartTLS has started the server

	tb     testing.TB
	launch launch

	mu     sync.Mutex // guards process and frozen
	proc   *process
	frozen bool
}

// Start runs redis-server until the end of the test. If that is impossible it fails the
// test, and never skips it.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := start(tb, spec{dir: tb.TempDir()})
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return s
}

// StartAppendOnly runs redis-server like Start, and with a log on disk that has each write
// before its reply. Restart keeps the data.
func StartAppendOnly(tb testing.TB) *Server {
	tb.Helper()
	s, err := start(tb, spec{dir: tb.TempDir(), appendOnly: true})
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	return s
}

// Stop kills the server with SIGKILL, if it still runs, frozen or not, and waits until
// the process has ended.
func (s *Server) Stop() { s.process().kill() }

// PID returns the process ID of the server. It changes with Restart.
func (s *Server) PID() int { return s.process().pid() }

// Restart runs the server again, on the same port and in the same directory, and ends
// it first if it still runs. The data is gone, except after StartAppendOnly. A cluster node keeps its identity, and a
// sentinel keeps its knowledge.
//
// A primary that comes back before its replicas were promoted is still their primary.
// It is empty, and the replicas will copy that.
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

// isUp reports whether the server can be expected to answer.
func (s *Server) isUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.frozen && !s.proc.hasEnded()
}

// outputIfEnded returns the last output of a server that has ended.
func (s *Server) outputIfEnded() string {
	if !s.process().hasEnded() {
		return ""
	}
	return "\n" + s.launch.output()
}

// spec holds the settings of a server that a test chooses. All other settings are the
// same for all servers.
type spec struct {
	dir     string
	env     []string
	args    []string
	setup   []any
	cluster bool
	// appendOnly keeps the data on disk.
	appendOnly bool
	tls        bool // dir holds the files of writeCertificate
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
		if l, err = newLaunch(path, want); err != nil {
			return nil, err
		}
		var p *process
		if p, err = l.run(); err == nil {
			s := &Server{Addr: l.addr, TLSAddr: l.tlsAddr, tb: tb, launch: l, proc: p}
			tb.Cleanup(s.Stop)
			return s, nil
		}
	}
	return nil, err
}
