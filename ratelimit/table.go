package ratelimit

// This file is the path that every request takes. It must not allocate, start
// a goroutine, read a clock, or hold more than one lock; what it does while it
// holds that lock is bounded by the constant ways and by the limits.

import (
	"math/bits"
	"sync"
	"time"
)

// A table counts keys in memory that is allocated once and never grows.
//
// A key belongs to one set. Its cell is taken from a key whose requests have
// all left their windows or, failing that, from the key of the set that has
// used the least of its quotas. What was counted there is not forgotten: it is
// merged into one more cell of the set, the rest, and a key that has no cell
// starts from that. So a key may be charged for what others did, never the
// other way round, and a flood of new keys resets nobody's count. (An LRU does
// the opposite: it evicts the very counter that keeps an attacker out.)
//
// A key that has used up a quota is never evicted. If a whole set is like that,
// new keys share the rest itself, as if they were one.
type table struct {
	places
	windows []window
	stride  int   // words of a cell
	hold    int64 // the longest of any window
	locks   []stripe
	tags    []uint64 // of each set: a byte for each of its ways
	cells   []uint64 // of each set: ways cells and the rest
}

// stripe is the lock of some sets, in a cache line of its own. Goroutines read
// the clock before they wait for it, so latest keeps time from running back:
// what has left a window must not be in it again for the next in line.
type stripe struct {
	sync.Mutex
	latest int64
	_      [48]byte
}

// The first words of a cell: the id of its key; when all of it will have left
// the windows, which is past if it was never used; and since when it has been
// that of its key.
const (
	wordID    = 0
	wordUntil = 2
	wordSince = 3
	ownWords  = 4
)

// line is how many words a line of the cache has.
const line = 8

// layout places windows in a cell and returns how many words that has. One that
// nearly fills its last line fills it, so that what a request of another key
// needs begins a line, and all that most requests need is in that one.
func layout(limits Limits) (windows []window, stride int) {
	stride = ownWords
	for _, l := range limits {
		w := compile(l, stride)
		windows = append(windows, w)
		stride += w.words()
	}
	if spare := -stride & (line - 1); spare <= 2 {
		stride += spare
	}
	return windows, stride
}

func newTable(limits Limits, maxKeys int) *table {
	t := &table{places: newPlaces(maxKeys)}
	t.windows, t.stride = layout(limits)
	for i := range t.windows {
		t.hold = max(t.hold, t.windows[i].hold())
	}
	t.locks = make([]stripe, t.stripes())
	t.tags = make([]uint64, t.nsets*tagWords)
	t.cells = make([]uint64, t.nsets*(ways+1)*uint64(t.stride))
	return t
}

// tableSize is what newTable allocates, in bytes, but for the locks.
func tableSize(limits Limits, maxKeys int) int64 {
	_, stride := layout(limits)
	return int64(setsFor(maxKeys)) * 8 * int64(tagWords+(ways+1)*stride)
}

// mode says what take does with units for which there is no room.
type mode uint8

const (
	allOrNone mode = iota // refuses all of them
	atMost                // takes those for which there is
	forced                // counts them: somebody else has admitted them already
)

// take decides n units of k at now and counts those that it grants, in all
// windows alike; 0 units only look.
func (t *table) take(now time.Duration, k Key, n int64, m mode) Count {
	id, set, tag := t.of(k)
	lock, at := t.lock(set, now)
	cell, owned := t.find(set, id, tag)
	least := int64(maxQuota)
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(cell, at)
		least = min(least, w.quota-w.used(cell, at))
	}
	granted := n
	if n > least && n > 0 && m != forced {
		need := n
		if granted = 0; m == atMost {
			granted, need = max(least, 0), 1
		}
		if granted == 0 {
			c := t.refusal(cell, at, need)
			lock.Unlock()
			return c
		}
	}
	if granted > 0 {
		if !owned {
			cell = t.claim(set, id, tag, at)
		}
		for i := range t.windows {
			t.windows[i].add(cell, at, granted)
		}
		cell[wordUntil] = max(cell[wordUntil], uint64(at+t.hold))
	}
	c := t.admission(cell, at)
	lock.Unlock()
	c.Granted, c.Stamp = int(granted), at
	return c
}

// refund takes back n units that take counted at stamp, unless the cell has been
// another's since, or was forgotten: those are gone from it, and what is there
// now has to be counted.
func (t *table) refund(now time.Duration, k Key, n, stamp int64) {
	id, set, tag := t.of(k)
	lock, at := t.lock(set, now)
	if cell, owned := t.find(set, id, tag); owned && uint64(stamp) >= cell[wordSince] {
		for i := range t.windows {
			t.windows[i].advance(cell, at)
			t.windows[i].sub(cell, stamp, n)
		}
	}
	lock.Unlock()
}

// reset gives k a cell in which nothing counts. If every key of its set has
// used up a quota there is none to give, and it stays with the rest.
func (t *table) reset(now time.Duration, k Key) {
	id, set, tag := t.of(k)
	lock, at := t.lock(set, now)
	cell, owned := t.find(set, id, tag)
	if !owned {
		for i := range t.windows {
			t.windows[i].advance(cell, at)
		}
		cell = t.claim(set, id, tag, at)
		_, owned = t.find(set, id, tag)
	}
	if owned {
		clear(cell[wordUntil:])
		// What was taken until now may be refunded later, and must not be then.
		lock.latest = at + 1
		cell[wordUntil], cell[wordSince] = uint64(at+t.hold), uint64(lock.latest)
	}
	lock.Unlock()
}

// lock locks set, and returns what now is in it.
func (t *table) lock(set uint64, now time.Duration) (*stripe, int64) {
	lock := &t.locks[set&uint64(len(t.locks)-1)]
	lock.Lock()
	// Within these bounds no sum of times overflows for 146 years.
	lock.latest = max(min(int64(now), 1<<62), lock.latest)
	return lock, lock.latest
}

// cell returns cell i of a set; number ways is the rest.
func (t *table) cell(set uint64, i int) []uint64 {
	from := (int(set)*(ways+1) + i) * t.stride
	return t.cells[from : from+t.stride : from+t.stride]
}

// find returns the cell of id, or else the rest of its set: the state that id
// starts from.
func (t *table) find(set uint64, id id, tag byte) (cell []uint64, known bool) {
	for i, tags := range t.tags[set*tagWords:][:tagWords] {
		// The lowest byte of the difference that is 0 becomes 80, those above it
		// perhaps by mistake, and all below it 0.
		diff := tags ^ ones*uint64(tag)
		for found := (diff - ones) &^ diff & (ones << 7); found != 0; found &= found - 1 {
			cell = t.cell(set, i*8+bits.TrailingZeros64(found)/8)
			if cell[wordID] == id[0] && cell[wordID+1] == id[1] {
				return cell, true
			}
		}
	}
	return t.cell(set, ways), false
}

// Tags are compared eight at a time.
const (
	ones     = 0x0101_0101_0101_0101
	tagWords = ways / 8
)

// own makes cell i of a set that of id.
func (t *table) own(set uint64, i int, id id, tag byte, now int64) []uint64 {
	tags, shift := &t.tags[int(set)*tagWords+i/8], i%8*8
	*tags = *tags&^(0xff<<shift) | uint64(tag)<<shift
	cell := t.cell(set, i)
	cell[wordID], cell[wordID+1], cell[wordSince] = id[0], id[1], uint64(now)
	return cell
}

// claim makes room for id and returns its cell, in the state of the rest.
func (t *table) claim(set uint64, id id, tag byte, now int64) []uint64 {
	rest := t.cell(set, ways)
	least, victim := float64(full), -1
	for i := range ways {
		cell := t.cell(set, i)
		if int64(cell[wordUntil]) <= now {
			copy(cell, rest)
			return t.own(set, i, id, tag, now)
		}
		if load := t.load(cell, now); load < least {
			least, victim = load, i
		}
	}
	if victim < 0 {
		return rest
	}
	cell := t.cell(set, victim)
	for i := range t.windows {
		t.windows[i].evict(cell, rest, now)
	}
	cell[wordUntil], rest[wordUntil] = rest[wordUntil], max(cell[wordUntil], rest[wordUntil])
	return t.own(set, victim, id, tag, now)
}

// full is the load of a cell that admits no more.
const full = 1

// load is how much of its quotas a cell has used: that of the fullest window.
// Without a division, which would be the dearest part of a flood.
func (t *table) load(cell []uint64, now int64) (most float64) {
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(cell, now)
		if used := w.used(cell, now); used < w.quota {
			most = max(most, float64(used)*w.unit)
		} else {
			return full
		}
	}
	return most
}

// refusal finds, of the windows without room for n, the one that keeps the
// client waiting longest.
func (t *table) refusal(cell []uint64, now, n int64) (c Count) {
	for i := range t.windows {
		w := &t.windows[i]
		used := w.used(cell, now)
		excess := used + n - w.quota
		if excess <= 0 {
			continue
		}
		wait := time.Duration(w.hold()) // for more than the quota no wait is long enough
		if n <= w.quota {
			wait = time.Duration(w.more(cell, now, excess) - now)
		}
		if wait > c.Wait {
			c = Count{Limit: i, Left: max(w.quota-used, 0), Wait: wait}
		}
	}
	return c
}

// admission reports the window with the least left, and of equals the one that
// takes longest to have more.
func (t *table) admission(cell []uint64, now int64) Count {
	c := Count{Left: maxQuota + 1}
	for i := range t.windows {
		w := &t.windows[i]
		used := w.used(cell, now)
		left := max(w.quota-used, 0)
		if left > c.Left {
			continue
		}
		// A cell that inherited counts may hold more than its quota.
		if wait := time.Duration(w.more(cell, now, max(used-w.quota, 0)+1) - now); left < c.Left || wait > c.Wait {
			c.Limit, c.Left, c.Wait = i, left, wait
		}
	}
	return c
}
