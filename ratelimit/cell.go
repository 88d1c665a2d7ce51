package ratelimit

import (
	"sync"
	"time"
)

// words are the hot or the cold words of all cells, and how many each has. Most
// requests need only hot ones, and those of all keys lie close together.
type words struct {
	all     []uint64
	perCell int
}

func (w *words) ofCell(i int) []uint64 { return w.all[i*w.perCell:][:w.perCell] }

// A cell is what counts of one key.
type cell struct {
	table *table
	i     int
}

func (c cell) hot() []uint64  { return c.table.hot.ofCell(c.i) }
func (c cell) cold() []uint64 { return c.table.cold.ofCell(c.i) }

// stripe is the lock of some rows, in a cache line of its own. Goroutines read
// the clock before they wait for it, so latest keeps time from running back:
// what has left a window must not be in it again for the next in line.
type stripe struct {
	sync.Mutex
	latest int64
	_      [48]byte
}

// tick returns what now is. Within these bounds no sum of times overflows for 146
// years.
func (s *stripe) clampTime(now time.Duration) int64 {
	s.latest = max(min(int64(now), 1<<62), s.latest)
	return s.latest
}

// The first words of a cell are the id of its key; when all of it will have left
// the windows, which is past if it was never used; since when it has been that of
// its key; and behind a store, until when it may hold what that does not know of.
const (
	hotID     = 0
	coldUntil = 0
	coldSince = 1
	cellWords = 2
	coldDebt  = 2
)

// layout places windows in a cell and returns how many words that has.
func placeWindows(limits []Limit, tracksDebt bool) (windows []window, hot, cold int) {
	hot, cold = cellWords, cellWords
	if tracksDebt {
		cold++
	}
	for _, l := range limits {
		w := newWindow(l)
		w.hot, w.cold = hot, cold
		h, c := w.words()
		hot, cold = hot+h, cold+c
		windows = append(windows, w)
	}
	return windows, hot, cold
}

// tableSize is what newTable allocates, in bytes, but for the locks.
func tableBytes(limits []Limit, maxKeys int, tracksDebt bool) int64 {
	_, hot, cold := placeWindows(limits, tracksDebt)
	return int64(rowsFor(maxKeys)) * int64(ways+8*(ways+1)*(hot+cold))
}
