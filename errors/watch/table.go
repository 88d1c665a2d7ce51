package watch

import "sync"

// This file has the bounded set of series of one scope. No code of other packages
// is called while a lock is held.

// table holds the series of one scope, divided by the hash of the subject.
type table struct {
	shards      []shard
	own, shared *ceilings // of a subject with series of its own, and of shared series
}

// shard is one part of a table, with a lock of its own.
type shard struct {
	mu     sync.Mutex
	index  map[uint64]uint32 // hash of a subject to the index of its slot
	slots  []series          // at most cap
	cap    int
	next   int      // slot at which the search for an idle subject continues
	shared []series // series of the subjects without a slot
	_      [32]byte // padding, so that two locks do not share a cache line
}

const (
	maxShards = 16
	minSlots  = 256 // least number of slots in a shard, if there are several shards
	maxProbes = 8   // slots that are examined for a new subject
)

func newTable(slots int, shared, own *ceilings) table {
	n := 1
	for n < maxShards && slots/(2*n) >= minSlots {
		n *= 2
	}
	t := table{shards: make([]shard, n), own: own, shared: shared}
	for i := range t.shards {
		t.shards[i].index = make(map[uint64]uint32)
		t.shards[i].cap = slots / n
	}
	return t
}

// increment is the amount that one record adds to one series.
type increment struct {
	signal Signal
	amount int64
}

// maxIncrements is the number of increments of one record: one for the request,
// one for its bytes, and one for the class of its status.
const maxIncrements = 3

// increments holds all increments of one record.
type increments struct {
	n   int
	all [maxIncrements]increment
}

// outcomes holds the outcomes of one record for one subject, in the order of its
// increments.
type outcomes struct {
	n      int
	begins bool // one of them begins an event
	shared bool
	window int64
	all    [maxIncrements]outcome
}

// observe adds the increments to the series of the subject with this hash.
func (t *table) observe(r *rules, hash uint64, window int64, add *increments, out *outcomes) {
	sh := t.shard(hash)
	sh.mu.Lock()
	s, shared := sh.seriesOf(r, hash, window)
	top := t.ceilings(shared)
	s.advance(r, top, window)
	for i, h := range add.all[:add.n] {
		out.all[i] = s.add(r, top, h.signal, h.amount)
		out.begins = out.begins || out.all[i].begins
	}
	out.n, out.window, out.shared = add.n, s.window, shared
	sh.mu.Unlock()
}

// report returns the series of the subject with this hash, if its window is still
// the running one, and notes that an alert reports the signals in reported: these
// are in an event then, even if their counts are below their limits.
func (t *table) report(r *rules, hash uint64, window int64, reported uint8) (all []Series) {
	sh := t.shard(hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s, shared := sh.find(hash)
	if s == nil || s.window != window {
		return nil
	}
	for i := range s.c {
		if reported&(1<<i) == 0 {
			continue
		}
		c := &s.c[i]
		if s.window >= c.quietUntil {
			s.since = s.window
		}
		c.quietUntil = max(c.quietUntil, s.window+r.cooldown)
	}
	s.reported |= reported
	for i := range s.c {
		limit := ceilCount(s.limit(r, t.ceilings(shared), Signal(i)))
		all = append(all, Series{
			Signal: Signal(i), Shared: shared, New: int(s.closed) < r.warmUp,
			Count: s.c[i].count, Limit: limit, Baseline: s.c[i].mean,
		})
	}
	return all
}

// unreport notes that no alert reports the signal, although it is at its ceiling.
func (t *table) unreport(hash uint64, bit uint8) {
	sh := t.shard(hash)
	sh.mu.Lock()
	if s, _ := sh.find(hash); s != nil {
		s.reported &^= bit
	}
	sh.mu.Unlock()
}

func (t *table) shard(hash uint64) *shard { return &t.shards[hash&uint64(len(t.shards)-1)] }

func (t *table) ceilings(shared bool) *ceilings {
	if shared {
		return t.shared
	}
	return t.own
}

// find returns the series that seriesOf has returned for a subject, or nil if
// another subject has got its slot meanwhile.
func (sh *shard) find(hash uint64) (s *series, shared bool) {
	if i, ok := sh.index[hash]; ok {
		return &sh.slots[i], false
	}
	if sh.shared == nil {
		return nil, false
	}
	return &sh.shared[hash>>32%uint64(len(sh.shared))], true
}

// seriesOf returns the series of a subject: its own, or else a shared series. An
// active subject never loses its slot. Otherwise a client that sends many names
// could make the watcher forget any subject, as it could with a
// least-recently-used cache.
func (sh *shard) seriesOf(r *rules, hash uint64, window int64) (s *series, shared bool) {
	if i, ok := sh.index[hash]; ok {
		return &sh.slots[i], false
	}
	if len(sh.slots) < sh.cap {
		sh.index[hash] = uint32(len(sh.slots))
		sh.slots = append(sh.slots, series{key: hash, window: window})
		return &sh.slots[len(sh.slots)-1], false
	}
	if sh.shared == nil {
		sh.shared = make([]series, max(8, sh.cap/8))
	}
	s = &sh.shared[hash>>32%uint64(len(sh.shared))]
	// A subject moves to a slot of its own only before its shared series has
	// counted anything in this window, so that no count is split into two series.
	if s.key == 0 || s.window < window {
		if reclaimed := sh.reclaim(r, hash, window); reclaimed != nil {
			return reclaimed, false
		}
	}
	if s.key == 0 {
		// Not hash: a shared series has no owner, and key only marks it as used.
		s.key, s.window = 1, window
	}
	return s, true
}

// reclaim gives the slot of an idle subject to a new one. It returns nil if it
// finds no idle subject.
func (sh *shard) reclaim(r *rules, hash uint64, window int64) *series {
	for range min(maxProbes, sh.cap) {
		i := sh.next
		sh.next = (sh.next + 1) % sh.cap
		if s := &sh.slots[i]; window-s.window > r.idle {
			delete(sh.index, s.key)
			sh.index[hash] = uint32(i)
			*s = series{key: hash, window: window}
			return s
		}
	}
	return nil
}
