package faults

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// clocked is what was granted while the clock of the server was set.
type clocked struct {
	halves, after         int // set back by 30 s: of a window half used before, and of a full one
	before, forward, back int // set forward by 1 h: before it, after it, and when it was set back
}

func (c clocked) String() string {
	return fmt.Sprintf("set back by 30 s: half a window then had %d, a full one %d more; set forward by 1 h: %d before, %d more after it, %d more after it was set back",
		c.halves, c.after, c.before, c.forward, c.back)
}

// kept reports whether the quota was kept. A server that says an hour has gone by
// is believed: the window before it is over. It is one more quota, once, and not a
// second one when the mistake is put right.
func (c clocked) kept(quota int) bool {
	return c.halves <= quota && c.after == 0 && c.before == quota && c.forward <= quota && c.back == 0
}

func setClock(t *testing.T, s subject, quota int) (c clocked) {
	t.Helper()
	server, clock := redistest.StartWithClock(t)
	// Each time by another process: one that was refused may remember that, by a
	// clock of its own, and not ask the server again.
	drain := func(key [16]byte, most int) (granted int) {
		subject, end := s.start(t, server.Addr, limit{quota, time.Minute})
		defer end()
		for range most {
			n, err := subject.Take(t.Context(), key, 1)
			if err != nil {
				t.Fatal(err)
			}
			granted += n
		}
		return granted
	}
	half, full := newKey(), newKey()
	c.halves = drain(half, quota/2)
	drain(full, 2*quota)
	clock.Shift(-30 * time.Second)
	c.halves += drain(half, 2*quota)
	c.after = drain(full, 2*quota)
	clock.Shift(30 * time.Second)

	jump := newKey()
	c.before = drain(jump, 2*quota)
	clock.Shift(time.Hour)
	c.forward = drain(jump, 2*quota)
	clock.Shift(-time.Hour)
	c.back = drain(jump, 2*quota)
	t.Logf("%-30s quota %3d  %v", s.name, quota, c)
	return c
}

// The clock of the server is set while a window is open. Quotas up to 16 are
// kept as exact times, larger ones in buckets.
func TestClock(t *testing.T) {
	for _, s := range sound() {
		for _, quota := range []int{12, 100} {
			t.Run(s.name, func(t *testing.T) {
				if c := setClock(t, s, quota); !c.kept(quota) {
					t.Errorf("over-admitted: %v", c)
				}
			})
		}
	}
}

// The same clock finds a log that counts what was before now, and so nothing of
// what is in the future.
func TestClockFindsMistakes(t *testing.T) {
	if c := setClock(t, pastOnly, 12); c.kept(12) {
		t.Errorf("passes: %v", c)
	}
}
