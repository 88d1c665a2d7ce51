package redisstore

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A deniedCache remembers which keys were refused one unit, and until when. Redis has
// said from when on there is room, so a call before that can only be refused again,
// unless another process gives units back: that is seen after a sub-bucket or a
// second, whichever is shorter. The cache can only admit too little.
//
// A key has one place. Another key with the same place takes it, and Redis is then
// asked about the first again. A nil cache remembers nothing.
type deniedCache struct {
	seed  maphash.Seed
	start time.Time
	locks [64]sync.Mutex
	slots []denial // a power of two of them
}

type denial struct {
	key   [16]byte
	until time.Duration // since start: how long this is believed; 0: empty
	room  time.Duration // since start: when there is room
	limit int

	// forgot is when a key of this place was last forgotten, since start. A denial
	// that was asked for before may be older than the units that were given back.
	forgot time.Duration
}

func newDeniedCache(n int) *deniedCache {
	if n < 1 {
		return nil
	}
	size := 64
	for size < n {
		size *= 2
	}
	return &deniedCache{seed: maphash.MakeSeed(), start: time.Now(), slots: make([]denial, size)}
}

func (d *deniedCache) place(key *[16]byte) (*denial, *sync.Mutex) {
	h := maphash.Bytes(d.seed, key[:])
	return &d.slots[h&uint64(len(d.slots)-1)], &d.locks[h%uint64(len(d.locks))]
}

// find returns the refusal of key, if it is known.
func (d *deniedCache) find(key *[16]byte, now time.Time) (ratelimit.Count, bool) {
	if d == nil {
		return ratelimit.Count{}, false
	}
	at := now.Sub(d.start)
	s, lock := d.place(key)
	lock.Lock()
	defer lock.Unlock()
	if s.until <= at || s.key != *key {
		return ratelimit.Count{}, false
	}
	return ratelimit.Count{Limit: s.limit, Wait: s.room - at, Cached: true}, true
}

// note remembers that key was refused. asked is a time before Redis was asked: so a
// denial is believed for too short a time, and the wait that is told is never too short.
func (d *deniedCache) note(key *[16]byte, asked time.Time, c ratelimit.Count, brief time.Duration) {
	if d == nil {
		return
	}
	at := asked.Sub(d.start)
	room := time.Since(d.start) + c.Wait
	s, lock := d.place(key)
	lock.Lock()
	defer lock.Unlock()
	if at <= s.forgot {
		return
	}
	*s = denial{forgot: s.forgot, key: *key, until: at + min(c.Wait, brief), room: room, limit: c.Limit}
}

// forget makes the next Take of key ask Redis, after a call that gave units back. It
// drops the denial of key, and those that have been asked for but not yet noted.
func (d *deniedCache) forget(key *[16]byte) {
	if d == nil {
		return
	}
	s, lock := d.place(key)
	lock.Lock()
	defer lock.Unlock()
	s.forgot = time.Since(d.start)
	if s.key == *key {
		s.until = 0
	}
}
