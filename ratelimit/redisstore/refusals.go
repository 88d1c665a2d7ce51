package redisstore

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// refusals remembers which keys were refused one unit, and until when. Redis has
// said from when on there is room, so asking again before that can only be
// refused again, unless another process gives units back: that is seen after a
// sub-bucket or a second, whichever is shorter. It can only under-admit.
//
// A key has one place. Another that falls there takes it, and the first is then
// asked about again.
type refusals struct {
	seed  maphash.Seed
	start time.Time
	locks [64]sync.Mutex
	slots []refusal // a power of two of them
}

type refusal struct {
	key   [16]byte
	until time.Duration // since start: how long this is believed; 0: empty
	room  time.Duration // since start: when there is room
	limit int

	// forgot is when a key of this place was last forgotten, since start. What
	// was asked before that may be older than what was given back.
	forgot time.Duration
}

func newRefusals(n int) *refusals {
	size := 64
	for size < n {
		size *= 2
	}
	return &refusals{seed: maphash.MakeSeed(), start: time.Now(), slots: make([]refusal, size)}
}

func (r *refusals) place(key *[16]byte) (*refusal, *sync.Mutex) {
	h := maphash.Bytes(r.seed, key[:])
	return &r.slots[h&uint64(len(r.slots)-1)], &r.locks[h%uint64(len(r.locks))]
}

// find returns the refusal of key, if it is known.
func (r *refusals) find(key *[16]byte, now time.Time) (ratelimit.Count, bool) {
	at := now.Sub(r.start)
	s, lock := r.place(key)
	lock.Lock()
	defer lock.Unlock()
	if s.until <= at || s.key != *key {
		return ratelimit.Count{}, false
	}
	return ratelimit.Count{Limit: s.limit, Wait: s.room - at, Cached: true}, true
}

// note remembers that key was refused. asked is a time before Redis was asked:
// what is believed ends early, and the wait that is told never does.
func (r *refusals) note(key *[16]byte, asked time.Time, c ratelimit.Count, brief time.Duration) {
	at := asked.Sub(r.start)
	room := time.Since(r.start) + c.Wait
	s, lock := r.place(key)
	lock.Lock()
	defer lock.Unlock()
	if at <= s.forgot {
		return
	}
	*s = refusal{forgot: s.forgot, key: *key, until: at + min(c.Wait, brief), room: room, limit: c.Limit}
}

// forget makes the next Take of key ask Redis, after what gave units back has
// returned: it drops what is remembered, and what was asked until now.
func (r *refusals) forget(key *[16]byte) {
	s, lock := r.place(key)
	lock.Lock()
	defer lock.Unlock()
	s.forgot = time.Since(r.start)
	if s.key == *key {
		s.until = 0
	}
}
