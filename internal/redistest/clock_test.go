//go:build linux

package redistest

import (
	"testing"
	"time"
)

// tolerance covers the commands between two readings on a busy machine.
const tolerance = 2 * time.Second

func wantOffset(t *testing.T, s *Server, want time.Duration) {
	t.Helper()
	now, err := s.now()
	if err != nil {
		t.Fatal(err)
	}
	if got := time.Until(now); (got - want).Abs() > tolerance {
		t.Errorf("the clock is off by %v, want %v", got, want)
	}
}

// A stopped clock stands still, and Shift moves it.
func TestStoppedClock(t *testing.T) {
	s, c := StartWithClock(t)
	c.Stop()
	first, err := s.now()
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Millisecond)
	c.Shift(3 * time.Second)
	if now, err := s.now(); err != nil || now.Sub(first)-3*time.Second > time.Millisecond || now.Sub(first) < 3*time.Second {
		t.Errorf("moved by %v, %v", now.Sub(first), err)
	}
}

// wantLeft checks how long a key has to live. Zero means that the key is gone.
func wantLeft(t *testing.T, s *Server, key string, want time.Duration) {
	t.Helper()
	ms, _ := mustDo(t, s, "PTTL", key).(int64)
	got := max(0, time.Duration(ms)*time.Millisecond)
	if (got-want).Abs() > tolerance || (want == 0) != (got == 0) {
		t.Errorf("%s has %v left, want %v", key, got, want)
	}
}

func TestClock(t *testing.T) {
	s, c := StartWithClock(t)
	wantOffset(t, s, 0)
	mustDo(t, s, "SET", "short", 1, "PX", 10_000)
	mustDo(t, s, "SET", "long", 1, "PX", 2*time.Hour.Milliseconds())

	c.Shift(-30 * time.Second)
	wantOffset(t, s, -30*time.Second)
	wantLeft(t, s, "short", 40*time.Second)
	c.Shift(30 * time.Second)
	wantOffset(t, s, 0)
	wantLeft(t, s, "short", 10*time.Second)

	c.Shift(time.Hour)
	wantOffset(t, s, time.Hour)
	wantLeft(t, s, "short", 0)
	wantLeft(t, s, "long", time.Hour)
	script := "return {redis.call('TIME')[1], redis.call('EXISTS', KEYS[1])}"
	if r, _ := mustDo(t, s, "EVAL", script, 1, "short").([]any); len(r) != 2 || r[1] != int64(0) {
		t.Errorf("a script sees %v", r)
	}
	c.Shift(-time.Hour)
	wantOffset(t, s, 0)
	wantLeft(t, s, "short", 0)
	wantLeft(t, s, "long", 2*time.Hour)
}

// A key that no client reads is removed by the expiry cycle. The cycle runs on the
// monotonic clock, which must go on when the wall clock moves in either direction.
func TestClockExpiresUnreadKeys(t *testing.T) {
	s, c := StartWithClock(t)
	c.Shift(-time.Hour)
	mustDo(t, s, "SET", "k", 1, "PX", time.Minute.Milliseconds())
	c.Shift(2 * time.Minute)
	err := await(answerLimit, func() error {
		if n := mustDo(t, s, "DBSIZE"); n != int64(0) {
			return Error("it is still there")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClockOutlivesRestart(t *testing.T) {
	s, c := StartWithClock(t)
	c.Shift(time.Hour)
	s.Restart(t)
	wantOffset(t, s, time.Hour)
}

func TestClockFailures(t *testing.T) {
	t.Run("not followed", func(t *testing.T) {
		_, c := StartWithClock(t)
		err := c.verify(Start(t))
		if err == nil {
			t.Fatal("a server without the library passes")
		}
		wantParts(t, err.Error(), "does not follow", "instead of 1h0m0s")
	})
	t.Run("not loaded", func(t *testing.T) {
		fakeCompiler(t, "exit 0")
		wantFailure(t, func(tb testing.TB) { StartWithClock(tb) }, "does not follow", "clock.so")
	})
	t.Run("not compiled", func(t *testing.T) {
		fakeCompiler(t, "echo no headers; exit 1")
		wantFailure(t, func(tb testing.TB) { StartWithClock(tb) }, "no headers", "exit status 1")
	})
	t.Run("no compiler", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		wantFailure(t, func(tb testing.TB) { StartWithClock(tb) }, "C compiler")
	})
}
