package watch

import "sync"

// This file holds the bounded set of series of one scope. Nothing in it calls
// out while a lock is held.

// table is the series of one scope, divided by the hash of the subject.
type table struct{ shards []shard }

type shard struct {
	mu     sync.Mutex
	index  map[uint64]uint32 // hash of a subject to its place
	places []series          // at most cap of them
	cap    int
	hand   int      // where the search for an idle place goes on
	shared []series // of those who found no place
	_      [32]byte // two locks do not share a cache line
}

const (
	maxShards = 16
	minPlaces = 256 // of a shard, if there is more than one
	search    = 8   // places looked at for a new subject
)

func newTable(places int) table {
	n := 1
	for n < maxShards && places/(2*n) >= minPlaces {
		n *= 2
	}
	t := table{shards: make([]shard, n)}
	for i := range t.shards {
		t.shards[i].index = make(map[uint64]uint32)
		t.shards[i].cap = places / n
	}
	return t
}

// hit is what one record adds to one series.
type hit struct {
	signal Signal
	amount int64
}

// maxHits of one record: its request, its bytes, and one class of status.
const maxHits = 3

// hits is what a record adds.
type hits struct {
	n   int
	all [maxHits]hit
}

// trips is what that raises.
type trips struct {
	n   int
	all [maxHits]trip
}

// observe counts for the subject with this hash.
func (t *table) observe(r *rules, hash uint64, window int64, add *hits, out *trips) {
	sh := &t.shards[hash&uint64(len(t.shards)-1)]
	sh.mu.Lock()
	s, shared := sh.find(r, hash, window)
	s.advance(r, window)
	for _, h := range add.all[:add.n] {
		if s.add(r, h.signal, h.amount, &out.all[out.n]) {
			out.all[out.n].shared = shared
			out.n++
		}
	}
	sh.mu.Unlock()
}

// find returns the series of a subject: its own, or else a shared one. An
// active subject never loses its place, or whoever can send many names could
// make the watcher forget any of them; least recently used would be that.
func (sh *shard) find(r *rules, hash uint64, window int64) (s *series, shared bool) {
	if i, ok := sh.index[hash]; ok {
		return &sh.places[i], false
	}
	if len(sh.places) < sh.cap {
		sh.index[hash] = uint32(len(sh.places))
		sh.places = append(sh.places, series{key: hash, window: window})
		return &sh.places[len(sh.places)-1], false
	}
	if sh.shared == nil {
		sh.shared = make([]series, max(8, sh.cap/8))
	}
	s = &sh.shared[hash>>32%uint64(len(sh.shared))]
	// A subject moves to a place of its own only in a window in which its
	// shared series is untouched, so that no count is ever split in two.
	if s.key == 0 || s.window < window {
		if own := sh.reclaim(r, hash, window); own != nil {
			return own, false
		}
	}
	if s.key == 0 {
		// Not the subject's hash: a shared series has no owner.
		s.key, s.window = 1, window
	}
	return s, true
}

// reclaim gives the place of an idle subject to a new one, nil if it finds none.
func (sh *shard) reclaim(r *rules, hash uint64, window int64) *series {
	for range min(search, sh.cap) {
		i := sh.hand
		sh.hand = (sh.hand + 1) % sh.cap
		if s := &sh.places[i]; window-s.window > r.idle {
			delete(sh.index, s.key)
			sh.index[hash] = uint32(i)
			*s = series{key: hash, window: window}
			return s
		}
	}
	return nil
}
