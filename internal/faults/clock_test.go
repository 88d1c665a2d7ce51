package faults

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A clockResult holds the units that were granted while the clock of the server was
// set.
type clockResult struct {
	halves, after         int // clock set back by 30 s: units of a window half used before, and of a full window
	before, forward, back int // clock set forward by 1 h: units before it, after it, and after it was set back
}

func (c clockResult) String() string {
	return fmt.Sprintf("set back by 30 s: half a window then had %d, a full one %d more; set forward by 1 h: %d before, %d more after it, %d more after it was set back",
		c.halves, c.after, c.before, c.forward, c.back)
}

// kept reports whether the quota was kept. If the server says that an hour has passed,
// the window before it is over. That grants one more quota, once, and no second one
// when the clock is corrected.
func (c clockResult) kept(quota int) bool {
	return c.halves <= quota && c.after == 0 && c.before == quota && c.forward <= quota && c.back == 0
}

func setClock(t *testing.T, s subject, quota int) (c clockResult) {
	t.Helper()
	server, clock := redistest.StartWithClock(t)
	// Use another process each time. A process that was refused may remember that, by
	// its own clock, and not ask the server again.
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

// The clock of the server is set while a window is open. Limits with a quota up to 16
// keep exact times, larger ones count in buckets.
func TestClock(t *testing.T) {
	for _, s := range soundSubjects() {
		for _, quota := range []int{12, 100} {
			t.Run(s.name, func(t *testing.T) {
				c := setClock(t, s, quota)
				mwtest.Publish(t, "clocks.back_over", max(0, c.halves-quota)+c.after)
				mwtest.Publish(t, "clocks.forward_quotas", float64(c.forward+c.back)/float64(quota))
				if !c.kept(quota) {
					t.Errorf("over-admitted: %v", c)
				}
			})
		}
	}
}

// The same clock detects a log that counts only the units before now, and so none in
// the future.
func TestClockDetectsMistakes(t *testing.T) {
	if c := setClock(t, pastOnly, 12); c.kept(12) {
		t.Errorf("passes: %v", c)
	}
}
