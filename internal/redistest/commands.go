package redistest

import "time"

// commandLimit bounds a single command, so that a frozen server fails a test
// instead of hanging it.
const commandLimit = 5 * time.Second

// Do sends one command on a connection of its own and returns the reply: a string, an
// int64, nil, or a []any of these and of Error. An argument that is not a []byte is
// sent as fmt prints it. An error reply is returned as an Error. If the server does not
// answer within 5 s, the error is a net.Error that is a timeout. Do does not follow the
// redirections of a cluster.
func (s *Server) Do(args ...any) (any, error) { return do(s.Addr, commandLimit, args...) }

// Flush removes every key of the server, and of its replicas.
func (s *Server) Flush() {
	s.tb.Helper()
	s.must("FLUSHALL")
}

// ScriptFlush makes the server forget every script, so that it refuses the next EVALSHA
// of any script with NOSCRIPT.
func (s *Server) ScriptFlush() {
	s.tb.Helper()
	s.must("SCRIPT", "FLUSH")
}

func (s *Server) must(args ...any) {
	s.tb.Helper()
	if _, err := s.Do(args...); err != nil {
		s.tb.Errorf("redistest: %v on %s: %v", args, s.Addr, err)
	}
}

func do(addr string, limit time.Duration, args ...any) (any, error) {
	c, err := dial(addr, limit)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return c.do(args...)
}
