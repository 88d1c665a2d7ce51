package redisstore

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A deniedCache remembers which keys were refused one unit, and until when. Redis has
// said when there will be room, so a call before that time can only be refused again,
// unless another process gives units back. This process sees such a refund after a
// sub-bucket or a second, whichever is shorter. The cache can only admit too little.
//
// Each key has one slot. Another key with the same slot replaces it, and Redis is then
// asked about the first key again. A nil cache remembers nothing.
type deniedCache struct {
	seed  maphash.Seed
	start time.Time
	locks [64]sync.Mutex
	slots []denial // the length is a power of two
}

type denial struct {
	key    [16]byte
	until  time.Duration // since start: how long the cache believes this denial; 0: empty
	roomAt time.Duration // since start: when there is room
	limit  int

	// forgottenAt is the time, since start, of the last call of forget for a key of
	// this slot. A denial that was asked for before it may be older than the refund.
	forgottenAt time.Duration
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

func (d *deniedCache) slotOf(key *[16]byte) (*denial, *sync.Mutex) {
	h := maphash.Bytes(d.seed, key[:])
	return &d.slots[h&uint64(len(d.slots)-1)], &d.locks[h%uint64(len(d.locks))]
}

// find returns the refusal of key if the cache has one.
func (d *deniedCache) find(key *[16]byte, now time.Time) (ratelimit.Count, bool) {
	if d == nil {
		return ratelimit.Count{}, false
	}
	at := now.Sub(d.start)
	s, lock := d.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if s.until <= at || s.key != *key {
		return ratelimit.Count{}, false
	}
	return ratelimit.Count{Limit: s.limit, Wait: s.roomAt - at, Cached: true}, true
}

// record remembers that key was refused. asked is a time before Redis was asked. So the
// cache believes a denial for too short a time, and the wait in the response is never
// too short.
func (d *deniedCache) record(key *[16]byte, asked time.Time, c ratelimit.Count, brief time.Duration) {
	if d == nil {
		return
	}
	at := asked.Sub(d.start)
	room := time.Since(d.start) + c.Wait
	s, lock := d.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if at <= s.forgottenAt {
		return
	}
	*s = denial{forgottenAt: s.forgottenAt, key: *key, until: at + min(c.Wait, brief), roomAt: room, limit: c.Limit}
}

// forget makes the next Take of key ask Redis, after a call that gave units back. It
// drops the denial of key, and the denials that were asked for but not yet recorded.
func (d *deniedCache) forget(key *[16]byte) {
	if d == nil {
		return
	}
	s, lock := d.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	s.forgottenAt = time.Since(d.start)
	if s.key == *key {
		s.until = 0
	}
}
