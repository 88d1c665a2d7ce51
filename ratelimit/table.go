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
	only    window // the one of a plain table
	plain   bool   // one window, of buckets
	behind  bool   // a store, which decides as long as it answers
	hold    int64  // the longest of any window
	locks   *[maxStripes]stripe
	tags    [][tagWords]uint64 // of each set: a byte for each of its ways
	hot     words              // of each set: those of ways cells and of the rest
	cold    words
}

// words are the hot or the cold words of all cells, and how many each has. Most
// requests need only hot ones, and those of all keys lie close together.
type words struct {
	all []uint64
	per int
}

func (w *words) of(i int) []uint64 { return w.all[i*w.per:][:w.per] }

// A cell is what counts of one key.
type cell struct {
	table *table
	i     int
}

func (c cell) hot() []uint64  { return c.table.hot.of(c.i) }
func (c cell) cold() []uint64 { return c.table.cold.of(c.i) }

// stripe is the lock of some sets, in a cache line of its own. Goroutines read
// the clock before they wait for it, so latest keeps time from running back:
// what has left a window must not be in it again for the next in line.
type stripe struct {
	sync.Mutex
	latest int64
	_      [48]byte
}

// The first words of a cell are the id of its key; when all of it will have left
// the windows, which is past if it was never used; since when it has been that of
// its key; and behind a store, until when it may hold what that does not know of.
const (
	hotID     = 0
	coldUntil = 0
	coldSince = 1
	ownWords  = 2
	coldOwing = 2
)

// layout places windows in a cell and returns how many words that has.
func layout(limits []Limit, behind bool) (windows []window, hot, cold int) {
	hot, cold = ownWords, ownWords
	if behind {
		cold++
	}
	for _, l := range limits {
		w := compile(l)
		w.hot, w.cold = hot, cold
		h, c := w.words()
		hot, cold = hot+h, cold+c
		windows = append(windows, w)
	}
	return windows, hot, cold
}

// newTable makes a table that decides, or one behind a store.
func newTable(limits []Limit, maxKeys int, behind bool) *table {
	t := &table{places: newPlaces(maxKeys), behind: behind}
	t.windows, t.hot.per, t.cold.per = layout(limits, behind)
	for i := range t.windows {
		t.hold = max(t.hold, t.windows[i].hold())
	}
	t.plain = len(t.windows) == 1 && t.windows[0].width != 0
	t.only = t.windows[0]
	t.locks = new([maxStripes]stripe)
	t.tags = make([][tagWords]uint64, t.nsets)
	for _, w := range []*words{&t.hot, &t.cold} {
		w.all = make([]uint64, int(t.nsets)*(ways+1)*w.per)
	}
	return t
}

// tableSize is what newTable allocates, in bytes, but for the locks.
func tableSize(limits []Limit, maxKeys int, behind bool) int64 {
	_, hot, cold := layout(limits, behind)
	return int64(setsFor(maxKeys)) * 8 * int64(tagWords+(ways+1)*(hot+cold))
}

// mode says what take does with units for which there is no room.
type mode uint8

const (
	allOrNone mode = iota // refuses all of them
	atMost                // takes those for which there is
	forced                // counts them: somebody else has admitted them already
)

// entry is what take has decided, and what it is told and says behind a store. It
// is handed down, and not up: it is too large for registers, and to copy what was
// just written word by word costs more than to decide it.
type entry struct {
	Count

	alone bool // the store will not be asked

	// both says that the cell of the key, or the rest that it starts from, holds
	// what the store does not know of: both must admit.
	both bool
}

// take decides n units of k at now into e and counts those that it grants, in all
// windows alike; 0 units only look.
func (t *table) take(now time.Duration, k Key, n int64, m mode, e *entry) {
	id, set, tag := t.of(k)
	lock := &t.locks[set%maxStripes]
	lock.Lock()
	at := lock.tick(now)
	c, owned := t.find(set, id, tag)
	if t.behind {
		e.before(c, at)
	}
	if !owned || !t.plain || !t.quick(c.i, at, n, &e.Count) {
		c = t.decide(c, owned, id, set, tag, at, n, m, &e.Count)
	}
	if t.behind {
		e.after(c)
	}
	lock.Unlock()
}

// decide is the rest of take for any request. It returns the cell that counts.
func (t *table) decide(c cell, owned bool, id id, set uint64, tag byte, at, n int64, m mode, count *Count) cell {
	least := int64(maxQuota)
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(c, at)
		least = min(least, w.quota-w.used(c, at))
	}
	granted := n
	if n > least && n > 0 && m != forced {
		need := n
		if granted = 0; m == atMost {
			granted, need = max(least, 0), 1
		}
		if granted == 0 {
			t.refusal(c, at, need, count)
			return c
		}
	}
	if granted > 0 {
		if !owned {
			c = t.claim(set, id, tag, at)
		}
		for i := range t.windows {
			if until := uint64(t.windows[i].add(c, at, granted)); until > 0 {
				own := c.cold()
				own[coldUntil] = max(own[coldUntil], until)
			}
		}
	}
	t.admission(c, at, count)
	count.Granted, count.Stamp = int(granted), at
	return c
}

// quick is the rest of take for most requests: of one bucketed window that is at
// now, in which others of the newest bucket count already and n units have room.
func (t *table) quick(i int, now, n int64, count *Count) bool {
	w, h := &t.only, (*hotWindow)(t.hot.all[i*plainWords+ownWords:])
	oldest, newest := h.span()
	left := w.quota - h.all() - n
	if now >= (newest+1)*w.width || h[wordSums]>>32 == 0 || left < 0 || n < 1 {
		return false
	}
	h.grow(n)
	count.Granted, count.Limit, count.Left, count.Stamp = int(n), 0, left, now
	count.Wait = time.Duration((oldest+buckets)*w.width - now)
	return true
}

// refund takes back n units that take counted at stamp, unless the cell has been
// another's since, or was forgotten: those are gone from it, and what is there
// now has to be counted.
func (t *table) refund(now time.Duration, k Key, n, stamp int64) {
	id, set, tag := t.of(k)
	lock, at := t.lock(set, now)
	if c, owned := t.find(set, id, tag); owned && uint64(stamp) >= c.cold()[coldSince] {
		for i := range t.windows {
			t.windows[i].advance(c, at)
			t.windows[i].sub(c, stamp, n)
		}
	}
	lock.Unlock()
}

// reset gives k a cell in which nothing counts. If every key of its set has
// used up a quota there is none to give, and it stays with the rest.
func (t *table) reset(now time.Duration, k Key) {
	id, set, tag := t.of(k)
	lock, at := t.lock(set, now)
	c, owned := t.find(set, id, tag)
	if !owned {
		for i := range t.windows {
			t.windows[i].advance(c, at)
		}
		c = t.claim(set, id, tag, at)
		_, owned = t.find(set, id, tag)
	}
	if owned {
		cold := c.cold()
		clear(c.hot()[ownWords:])
		clear(cold)
		// What was taken until now may be refunded later, and must not be then.
		lock.latest = at + 1
		cold[coldUntil], cold[coldSince] = uint64(at+t.hold), uint64(lock.latest)
	}
	lock.Unlock()
}

// lock locks set, and returns what now is in it.
func (t *table) lock(set uint64, now time.Duration) (*stripe, int64) {
	lock := &t.locks[set%maxStripes]
	lock.Lock()
	return lock, lock.tick(now)
}

// tick returns what now is. Within these bounds no sum of times overflows for 146
// years.
func (s *stripe) tick(now time.Duration) int64 {
	s.latest = max(min(int64(now), 1<<62), s.latest)
	return s.latest
}

// cell returns cell i of a set; number ways is the rest.
func (t *table) cell(set uint64, i int) cell {
	return cell{t, int(set)*(ways+1) + i}
}

// find returns the cell of id, or else the rest of its set: the state that id
// starts from.
func (t *table) find(set uint64, id id, tag byte) (c cell, known bool) {
	for i, tags := range &t.tags[set] {
		// The lowest byte of the difference that is 0 becomes 80, those above it
		// perhaps by mistake, and all below it 0.
		diff := tags ^ ones*uint64(tag)
		for found := (diff - ones) &^ diff & (ones << 7); found != 0; found &= found - 1 {
			at := int(set)*(ways+1) + i*8 + bits.TrailingZeros64(found)/8
			if hot := t.hot.all[at*t.hot.per:][:2]; hot[hotID] == id.hi && hot[hotID+1] == id.lo {
				return cell{t, at}, true
			}
		}
	}
	return t.cell(set, ways), false
}

// Tags are compared eight at a time.
const (
	ones     = 0x0101_0101_0101_0101
	tagWords = ways / 8

	plainWords = ownWords + hotWords // that are hot, of a cell in a plain table
)

// own makes cell i of a set that of id.
func (t *table) own(set uint64, i int, id id, tag byte, now int64) cell {
	tags, shift := &t.tags[set][i/8], i%8*8
	*tags = *tags&^(0xff<<shift) | uint64(tag)<<shift
	c := t.cell(set, i)
	hot := c.hot()
	hot[hotID], hot[hotID+1] = id.hi, id.lo
	c.cold()[coldSince] = uint64(now)
	return c
}

// claim makes room for id and returns its cell, in the state of the rest.
func (t *table) claim(set uint64, id id, tag byte, now int64) cell {
	rest := t.cell(set, ways)
	least, victim := float64(full), -1
	for i := range ways {
		c := t.cell(set, i)
		if int64(c.cold()[coldUntil]) <= now {
			copy(c.hot(), rest.hot())
			copy(c.cold(), rest.cold())
			return t.own(set, i, id, tag, now)
		}
		if load := t.load(c, now); load < least {
			least, victim = load, i
		}
	}
	if victim < 0 {
		return rest
	}
	c := t.cell(set, victim)
	for i := range t.windows {
		t.windows[i].evict(c, rest, now)
	}
	inherit(c, rest, coldUntil)
	if t.behind {
		inherit(c, rest, coldOwing)
	}
	return t.own(set, victim, id, tag, now)
}

// inherit gives c the time of rest, and that the later of the two.
func inherit(c, rest cell, word int) {
	own, theirs := &c.cold()[word], &rest.cold()[word]
	*own, *theirs = *theirs, max(*own, *theirs)
}

// full is the load of a cell that admits no more.
const full = 1

// load is how much of its quotas a cell has used: that of the fullest window.
// Without a division, which would be the dearest part of a flood.
func (t *table) load(c cell, now int64) (most float64) {
	for i := range t.windows {
		w := &t.windows[i]
		w.advance(c, now)
		if used := w.used(c, now); used < w.quota {
			most = max(most, float64(used)*w.unit)
		} else {
			return full
		}
	}
	return most
}

// refusal finds, of the windows without room for n, the one that keeps the
// client waiting longest.
func (t *table) refusal(c cell, now, n int64, most *Count) {
	*most = Count{}
	for i := range t.windows {
		w := &t.windows[i]
		used := w.used(c, now)
		excess := used + n - w.quota
		if excess <= 0 {
			continue
		}
		wait := time.Duration(w.hold()) // for more than the quota no wait is long enough
		if n <= w.quota {
			wait = time.Duration(w.more(c, now, excess) - now)
		}
		if wait > most.Wait {
			most.Limit, most.Left, most.Wait = i, max(w.quota-used, 0), wait
		}
	}
}

// admission reports the window with the least left, and of equals the one that
// takes longest to have more.
func (t *table) admission(c cell, now int64, least *Count) {
	*least = Count{Left: maxQuota + 1}
	for i := range t.windows {
		w := &t.windows[i]
		used := w.used(c, now)
		left := max(w.quota-used, 0)
		if left > least.Left {
			continue
		}
		// A cell that inherited counts may hold more than its quota.
		if wait := time.Duration(w.more(c, now, max(used-w.quota, 0)+1) - now); left < least.Left || wait > least.Wait {
			least.Limit, least.Left, least.Wait = i, left, wait
		}
	}
}
