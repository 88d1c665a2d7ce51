package ratelimit

import (
	"sync"
	"time"
)

// words are the hot words of all cells, their cold words, or their counters. Most
// requests need the hot words, one counter and perhaps a cold word. A new key needs the
// hot and cold words of all cells of its row. So words of one kind lie close together.
type words struct {
	all     []uint64
	perCell int
}

func (w *words) ofCell(i int) []uint64 { return w.all[i*w.perCell:][:w.perCell] }

// A cell holds the counters of one key.
type cell struct {
	table *table
	i     int
}

func (c cell) hot() []uint64  { return c.table.hot.ofCell(c.i) }
func (c cell) cold() []uint64 { return c.table.cold.ofCell(c.i) }

// counters returns the counters of sub-buckets, and the kept times.
func (c cell) counters() []uint64 { return c.table.counters.ofCell(c.i) }

// stripe is the lock of some rows, in a cache line of its own. Goroutines read the
// clock before they wait for the lock, so a later holder may have an earlier time.
// latest keeps time from running back: a request that has left a window must not be in
// it again.
type stripe struct {
	sync.Mutex
	latest int64
	_      [48]byte
}

// clampTime returns now, or the latest time of the stripe if that is later. Within
// these bounds no sum of times overflows for 146 years.
func (s *stripe) clampTime(now time.Duration) int64 {
	s.latest = max(min(int64(now), 1<<62), s.latest)
	return s.latest
}

// The first words of a cell. hotID is the id of its key, in two words. coldUntil is the
// time at which all requests in the cell have left their windows; it lies in the past
// if the cell was never used. coldSince is the time since which the cell has belonged
// to its key. coldDebt exists only behind a store: until that time the cell may hold
// requests that the store does not know of.
const (
	hotID     = 0
	coldUntil = 0
	coldSince = 1
	cellWords = 2
	coldDebt  = 2
)

// placeWindows gives each window its words in a cell. It returns the number of words of
// each kind.
func placeWindows(limits []Limit, tracksDebt bool) (windows []window, hot, cold, counters int) {
	hot, cold = cellWords, cellWords
	if tracksDebt {
		cold = coldDebt + 1
	}
	for _, l := range limits {
		w := newWindow(l)
		w.hot, w.counters = hot, counters
		hot, counters = hot+hotWords, counters+w.counterWords()
		windows = append(windows, w)
	}
	return windows, hot, cold, counters
}

// tableBytes returns the bytes that newTable allocates, without the locks.
func tableBytes(limits []Limit, maxKeys int, tracksDebt bool) int64 {
	return int64(rowsFor(maxKeys)) * rowBytes(limits, tracksDebt)
}

// rowBytes returns the bytes of one row of a table.
func rowBytes(limits []Limit, tracksDebt bool) int64 {
	_, hot, cold, counters := placeWindows(limits, tracksDebt)
	return int64(ways + 8*(ways+1)*(hot+cold+counters))
}
