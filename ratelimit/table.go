package ratelimit

// This file is the path that every request takes. It must not allocate, start
// a goroutine, read a clock, or hold more than one lock; what it does while it
// holds that lock is bounded by the constant ways and by the limits.

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

// ways is how many keys one set of the table holds. The table has room for
// twice MaxKeys: hashed into sets of sixteen with eight on average, fewer than
// one set in two hundred is then overfull by chance.
const ways = 16

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
	windows []window
	stride  int   // words of a cell
	hold    int64 // the longest of any window
	nsets   uint64
	seeds   [2][2]maphash.Seed // for strings, for all other keys
	locks   []stripe
	ids     []id
	cells   []uint64 // of each set: ways cells and the rest
}

// id stands for a key in the table. Among n keys the odds that any two share
// one are n²/2^129, and without the seeds nobody can aim at them: at a million
// keys that is 1 in 10^27. A key itself may be a megabyte, so it is not kept.
type id [2]uint64

// stripe is the lock of some sets, in a cache line of its own. Goroutines read
// the clock before they wait for it, so latest keeps time from running back:
// what has left a window must not be in it again for the next in line.
type stripe struct {
	sync.Mutex
	latest int64
	_      [48]byte
}

const maxStripes = 256

// wordUntil is the word of a cell that says when all of it will have left the
// windows. A cell that was never used is past that.
const wordUntil = 0

func newTable(limits Limits, maxKeys int) *table {
	t := &table{stride: wordUntil + 1}
	for _, l := range limits {
		w := compile(l, t.stride)
		t.windows = append(t.windows, w)
		t.stride += w.words()
		t.hold = max(t.hold, w.hold())
	}
	for i := range t.seeds {
		t.seeds[i] = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	}
	t.nsets = setsFor(maxKeys)
	n := 1
	for n < maxStripes && uint64(n) < t.nsets {
		n *= 2
	}
	t.locks = make([]stripe, n)
	t.ids = make([]id, t.nsets*ways)
	t.cells = make([]uint64, t.nsets*(ways+1)*uint64(t.stride))
	return t
}

func setsFor(maxKeys int) uint64 { return uint64((maxKeys*2 + ways - 1) / ways) }

// tableSize is what newTable allocates, in bytes, but for the locks.
func tableSize(limits Limits, maxKeys int) int64 {
	stride := wordUntil + 1
	for _, l := range limits {
		w := compile(l, stride)
		stride += w.words()
	}
	return int64(setsFor(maxKeys)) * 8 * int64(2*ways+(ways+1)*stride)
}

func (t *table) id(k Key) id {
	if k.kind() == kindString {
		s := &t.seeds[0]
		return id{maphash.String(s[0], k.s), maphash.String(s[1], k.s)}
	}
	s, b := &t.seeds[1], k.bytes()
	return id{maphash.Bytes(s[0], b[:]), maphash.Bytes(s[1], b[:])}
}

// A verdict is what a [Decision] is made of, small enough for registers.
type verdict struct {
	allowed bool
	limit   int           // index of the limit it is about
	left    int64         // requests it still has room for
	wait    time.Duration // until it has room for more
}

// take decides one request of k at now, and counts it if it is admitted and
// spend is set. All windows admit it, or none counts it.
func (t *table) take(now time.Duration, k Key, spend bool) verdict {
	// Within these bounds no sum of times overflows for 146 years.
	at := min(max(int64(now), 0), 1<<62)
	id := t.id(k)
	set, _ := bits.Mul64(id[0], t.nsets)
	lock := &t.locks[set&uint64(len(t.locks)-1)]
	lock.Lock()
	defer lock.Unlock()
	at = max(at, lock.latest)
	lock.latest = at

	cell, known := t.find(set, id)
	for i := range t.windows {
		t.windows[i].advance(cell, at)
	}
	if v := t.refusal(cell, at); !v.allowed {
		return v
	}
	if spend {
		if !known {
			cell = t.claim(set, id, at)
		}
		for i := range t.windows {
			t.windows[i].add(cell, at)
		}
		cell[wordUntil] = max(cell[wordUntil], uint64(at+t.hold))
	}
	return t.admission(cell, at)
}

// cell returns cell i of a set; number ways is the rest.
func (t *table) cell(set uint64, i int) []uint64 {
	from := (int(set)*(ways+1) + i) * t.stride
	return t.cells[from : from+t.stride : from+t.stride]
}

// find returns the cell of id, or else the rest of its set: the state that id
// starts from.
func (t *table) find(set uint64, id id) (cell []uint64, known bool) {
	for i, other := range t.ids[set*ways:][:ways] {
		if other == id {
			return t.cell(set, i), true
		}
	}
	return t.cell(set, ways), false
}

// claim makes room for id and returns its cell, in the state of the rest.
func (t *table) claim(set uint64, id id, now int64) []uint64 {
	rest := t.cell(set, ways)
	least, victim := int64(full), -1
	for i := range ways {
		cell := t.cell(set, i)
		if int64(cell[wordUntil]) <= now {
			copy(cell, rest)
			t.ids[int(set)*ways+i] = id
			return cell
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
	t.ids[int(set)*ways+victim] = id
	return cell
}

// full is the load of a cell that admits no more.
const full = 1 << 20

// load is how much of its quotas a cell has used: that of the fullest window.
func (t *table) load(cell []uint64, now int64) (most int64) {
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(cell, now)
		most = max(most, w.used(cell, now)*full/w.quota)
	}
	return most
}

// refusal finds, of the windows that are full, the one that keeps the client
// waiting longest.
func (t *table) refusal(cell []uint64, now int64) verdict {
	v := verdict{allowed: true}
	for i := range t.windows {
		w := &t.windows[i]
		if w.used(cell, now) < w.quota {
			continue
		}
		if wait := time.Duration(w.more(cell, now) - now); wait > v.wait {
			v = verdict{limit: i, wait: wait}
		}
	}
	return v
}

// admission reports the window with the least left, and of equals the one that
// takes longest to have more.
func (t *table) admission(cell []uint64, now int64) verdict {
	v := verdict{allowed: true, left: maxQuota + 1}
	for i := range t.windows {
		w := &t.windows[i]
		left := w.quota - w.used(cell, now)
		if left > v.left {
			continue
		}
		if wait := time.Duration(w.more(cell, now) - now); left < v.left || wait > v.wait {
			v.limit, v.left, v.wait = i, left, wait
		}
	}
	return v
}
