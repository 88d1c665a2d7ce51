//go:build unix

package redistest

import (
	"errors"
	"syscall"
)

// Freeze halts the server. Its connections stay open, the kernel accepts new ones, and
// no command is answered, as behind a black hole in the network. Stop and Restart work
// on a frozen server.
func (s *Server) Freeze() {
	s.tb.Helper()
	if err := s.signal(syscall.SIGSTOP, true); err != nil {
		s.tb.Errorf("redistest: freeze %s: %v", s.Addr, err)
	}
}

// Thaw lets a frozen server go on. It first answers the commands that it was sent in
// the meantime.
func (s *Server) Thaw() {
	s.tb.Helper()
	if err := s.signal(syscall.SIGCONT, false); err != nil {
		s.tb.Errorf("redistest: thaw %s: %v", s.Addr, err)
	}
}

func (s *Server) signal(sig syscall.Signal, frozen bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.proc.cmd.Process.Signal(sig); err != nil {
		return err
	}
	s.frozen = frozen
	if !frozen {
		return nil
	}
	return await(answerLimit, func() error {
		if s.proc.hasEnded() {
			return errEnded
		}
		if !isStopped(s.proc.pid()) {
			return errors.New("it still runs")
		}
		return nil
	})
}
