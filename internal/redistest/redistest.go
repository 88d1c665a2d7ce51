// Package redistest starts private Redis servers for tests.
//
// A test gets a server of its own on a free port of the loopback interface,
// without persistence, and it is ended with the test by its process. There is
// no fake: what scripts, expiry and replication do is the point of the tests.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Server is a running redis-server.
type Server struct {
	Addr string // host:port on the loopback interface

	cmd    *exec.Cmd
	output *bytes.Buffer
	ended  chan struct{}
}

// Start runs redis-server until the end of the test. It fails the test, and
// never skips it, if it cannot.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := start(tb.TempDir())
	if err != nil {
		tb.Fatalf("redistest: %v", err)
	}
	tb.Cleanup(s.Stop)
	return s
}

// Stop kills the server, if it still runs, and waits until it is gone.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill() // it may have ended on its own
	<-s.ended
}

// PID returns the process ID of the server, for tests that stop and continue
// it.
func (s *Server) PID() int { return s.cmd.Process.Pid }

func start(dir string) (*Server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("%w; `make test` installs it", err)
	}
	// Between finding a free port and using it another process may take it.
	var s *Server
	for range 5 {
		if s, err = startOn(path, dir); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func startOn(path, dir string) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(addr)
	s := &Server{Addr: addr, output: new(bytes.Buffer), ended: make(chan struct{})}
	s.cmd = exec.Command(path, "--bind", host, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no")
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.Env = append(os.Environ(), "LC_ALL=C")
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in its output
		close(s.ended)
	}()
	if err := s.await(10 * time.Second); err != nil {
		s.Stop()
		return nil, fmt.Errorf("redis-server on %s: %w\n%s", addr, err, s.output)
	}
	return s, nil
}

// await returns once the server answers, with an error if it ends instead or
// takes too long.
func (s *Server) await(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		err := ping(s.Addr)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("it ended at once")
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

func ping(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written that could be lost
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 7)
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if !strings.HasPrefix(string(answer), "+PONG") {
		return fmt.Errorf("unexpected answer %q", answer)
	}
	return nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // the port is only looked up
	return l.Addr().String(), nil
}
