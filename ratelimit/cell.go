package ratelimit

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
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

// ways is the number of keys that one row of a table holds. A table has room for twice
// MaxKeys. Hashed into rows of sixteen, with eight keys on average, fewer than one row
// in two hundred is then overfull by chance.
const ways = 16

// maxStripes is the highest number of locks of a table.
const maxStripes = 256

// placement assigns keys to the rows of a table.
type placement struct {
	nrows uint64
	seed  maphash.Seed
}

// id stands for a key in a table. A string may be a megabyte, so a table keeps its
// hash. Among n strings of one length, the odds that two share an id are n²/2^65, 1 in
// 37 million at a million keys. Two such strings would share a quota, and neither would
// have more. Without the seed an attacker cannot aim at them.
//
// id is not an array. Go keeps arrays in memory, and a read of the whole array right
// after two writes of its halves has to wait for the cache.
type id struct{ hi, lo uint64 }

// position is the place of a key in a table.
type position struct {
	id  id
	row uint64
	tag byte // tells most keys of the row apart
}

func newPlacement(maxKeys int) placement {
	return placement{nrows: rowsFor(maxKeys), seed: maphash.MakeSeed()}
}

func rowsFor(maxKeys int) uint64 { return uint64((maxKeys*2 + ways - 1) / ways) }

// locate returns the position of a key. An address is its own id, so its id is exact.
// The kind in an id is never 0, as it is in a cell that was never used. A client that
// can choose its key cannot choose the row.
func (p *placement) locate(k Key) position {
	if k.kind() == kindString {
		h := maphash.String(p.seed, k.s)
		row, _ := bits.Mul64(h, p.nrows)
		return position{id{h, ^uint64(len(k.s))}, row, byte(h)} // the complement of a length equals the id of no address
	}
	id := id{k.hi, k.lo + 1}
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], id.hi)
	binary.LittleEndian.PutUint64(b[8:], id.lo)
	h := maphash.Bytes(p.seed, b[:])
	row, _ := bits.Mul64(h, p.nrows)
	return position{id, row, byte(h)}
}
