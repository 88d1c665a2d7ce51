package faults

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// The clock of the server is set while a window is open. Quotas up to 16 are
// kept as exact times, larger ones in buckets.
func TestClock(t *testing.T) {
	const window = time.Minute
	for _, s := range sound() {
		for _, quota := range []int{12, 100} {
			t.Run(s.name, func(t *testing.T) {
				server, clock := redistest.StartWithClock(t)
				// Each time by another process: one that was refused may remember
				// that, by a clock of its own, and not ask the server again.
				drain := func(key [16]byte, most int) (granted int) {
					subject, end := s.start(t, server.Addr, limit{quota, window})
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
				halves := drain(half, quota/2)
				drain(full, 2*quota)
				clock.Shift(-30 * time.Second)
				halves += drain(half, 2*quota)
				after := drain(full, 2*quota)
				t.Logf("%-18s quota %3d  set back by 30 s: half a window then had %d of %d, a full one %d more",
					s.name, quota, halves, quota, after)
				if halves > quota || after > 0 {
					t.Errorf("over-admitted: %d of %d, %d of 0", halves, quota, after)
				}
				clock.Shift(30 * time.Second)

				jump := newKey()
				before := drain(jump, 2*quota)
				clock.Shift(time.Hour)
				forward := drain(jump, 2*quota)
				clock.Shift(-time.Hour)
				back := drain(jump, 2*quota)
				t.Logf("%-18s quota %3d  set forward by 1 h: %d before, %d more after it, %d more after it was set back",
					s.name, quota, before, forward, back)
				// A server that says an hour has gone by is believed: the window
				// before it is over. It is one more quota, once, and not a second
				// one when the mistake is put right.
				if before != quota || forward > quota || back > 0 {
					t.Errorf("over-admitted: %d, %d, %d", before, forward, back)
				}
			})
		}
	}
}
