package fleet

import (
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

const (
	maxEntries  = 128                    // keys that one call decides
	tripPerCall = 300 * time.Microsecond // one more call may be under way for each part of the shortest call
	tags        = 32                     // slots over which the keys of a limit are spread
)

// A queue holds the requests of one process for one slot, as in package redisstore: while two
// calls are under way, requests wait, and the next call takes them all.
type queue struct {
	busy     int
	waiting  []*attempt
	shortest time.Duration // call of this period and the one before, 0: no call
	earlier  time.Duration
	period   time.Duration
}

// limit returns the number of calls that may be under way.
func (q *queue) limit() int {
	shortest := q.shortest
	if q.earlier != 0 && (shortest == 0 || q.earlier < shortest) {
		shortest = q.earlier
	}
	return min(max(int(shortest/tripPerCall), 2), 16)
}

// record notes the duration of a call.
func (q *queue) record(now, took time.Duration) {
	if now-q.period >= time.Second {
		q.earlier, q.shortest, q.period = q.shortest, 0, now
	}
	if q.shortest == 0 || took < q.shortest {
		q.shortest = took
	}
}

// An entry is one key of a call, with the requests that share it.
type entry struct {
	key     key
	sharers []*attempt
	wanted  int // units for a lease
}

// A batch is one call of the script.
type batch struct {
	entries []*entry
	members []*attempt
	sent    time.Duration
	load    *load
}

// next returns the next call of q.
func (q *queue) next(now time.Duration, l *load) *batch {
	b := &batch{sent: now, load: l}
	for len(q.waiting) > 0 && len(b.entries) < maxEntries {
		a := q.waiting[0]
		q.waiting = q.waiting[1:]
		b.members = append(b.members, a)
		i := slices.IndexFunc(b.entries, func(e *entry) bool { return e.key == a.key })
		if i < 0 {
			i = len(b.entries)
			b.entries = append(b.entries, &entry{key: a.key})
		}
		e := b.entries[i]
		e.sharers, e.wanted = append(e.sharers, a), max(e.wanted, a.lease.Wanted)
	}
	return b
}

// decide is the script: it decides about one entry at a time of the server, in microseconds.
func (e *entry) decide(w *window, now int64) (counts []count, granted int) {
	granted, at := w.take(now, len(e.sharers)+e.wanted)
	for rank, a := range e.sharers {
		c := count{Count: ratelimit.Count{
			Left: int64(w.left()), Wait: time.Duration(max(w.wait(now), 0)) * time.Microsecond, Stamp: ratelimit.Stamp{At: at},
		}}
		if rank < granted {
			c.Granted = 1
			c.Left += int64(granted - 1 - rank)
		}
		if a.lease.Wanted > 0 {
			c.leased = max(granted-len(e.sharers), 0)
		}
		counts = append(counts, c)
	}
	return counts, granted
}

// tagOf returns the slot of a key, as an index.
func tagOf(k *key) int {
	h := uint32(2166136261) // FNV-1a
	for _, c := range k {
		h = (h ^ uint32(c)) * 16777619
	}
	return int(h % tags)
}
