package redistest

import (
	"testing"
	"time"
)

func TestZ(t *testing.T) {
	b := time.Now()
	s, c := StartWithClock(t)
	t.Log("started", time.Since(b))
	for _, d := range []time.Duration{0, -30 * time.Second, time.Hour, -time.Hour + 30*time.Second} {
		c.Shift(d)
		n, _ := s.now()
		t.Log(time.Until(n))
	}
}
