package redistest

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// StartWithClock is like Start and gives the test the server's wall clock, which
// determines TIME and expiry. It needs Linux and a C compiler named cc, and fails the
// test without them.
func StartWithClock(tb testing.TB) (*Server, *Clock) {
	tb.Helper()
	s, c, err := startWithClock(tb)
	if err != nil {
		tb.Fatalf("redistest: a movable clock: %v", err)
	}
	return s, c
}

func startWithClock(tb testing.TB) (*Server, *Clock, error) {
	want := spec{dir: tb.TempDir()}
	c, err := newClock(want.dir)
	if err != nil {
		return nil, nil, err
	}
	want.env = c.env()
	s, err := start(tb, want)
	if err != nil {
		return nil, nil, err
	}
	return s, c, c.verify(s)
}

// verify moves the clock forth and back. It detects a server that is linked statically,
// or reads the time in some other way, and so does not follow the clock.
func (c *Clock) verify(s *Server) error {
	const step = time.Hour
	before, err := s.now()
	if err != nil {
		return err
	}
	c.Shift(step)
	moved, err := s.now()
	c.Shift(-step)
	if err != nil {
		return err
	}
	if d := moved.Sub(before) - step; d < 0 || d > commandLimit {
		return fmt.Errorf("redis-server does not follow it: moved by %v instead of %v\n%s",
			moved.Sub(before), step, s.launch.output())
	}
	return nil
}

// now returns the server's TIME.
func (s *Server) now() (time.Time, error) {
	reply, err := s.Do("TIME")
	if err != nil {
		return time.Time{}, err
	}
	parts, _ := reply.([]any)
	var n [2]int64
	for i := range min(len(parts), len(n)) {
		if n[i], err = strconv.ParseInt(fmt.Sprint(parts[i]), 10, 64); err != nil {
			return time.Time{}, err
		}
	}
	return time.Unix(n[0], n[1]*1000), nil
}
