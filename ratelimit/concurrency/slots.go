package concurrency

import (
	"hash/maphash"
	"math/bits"
	"sync"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// ways is the number of slots for keys in a row. There is room for twice MaxKeys.
// Hashed into rows of sixteen, with eight keys on average, fewer than one row in two
// hundred is then overfull by chance.
const ways = 16

// numLocks is the number of locks, which the rows share.
const numLocks = 256

// slots counts the running requests of each key, in memory that is allocated once. A
// key has a slot in its row only while it has a running request. If all slots of the
// row are taken, new keys share the overflow slot of the row. While the overflow slot
// is in use no key gets a new slot: a key with both could run twice its limit.
type slots struct {
	max    int
	seeds  [2]maphash.Seed
	nrows  uint64
	locks  *[numLocks]lock
	ids    []id
	counts []int32 // of each row: the slots of keys, then the overflow
}

// id stands for a key: two hashes of 64 bits. Without the seeds an attacker cannot aim
// at two keys with one id.
type id [2]uint64

// lock has a cache line of its own.
type lock struct {
	sync.Mutex
	_ [56]byte
}

func newSlots(maxKeys, limit int) *slots {
	s := &slots{max: limit, nrows: uint64((maxKeys*2 + ways - 1) / ways), locks: new([numLocks]lock)}
	for i := range s.seeds {
		s.seeds[i] = maphash.MakeSeed()
	}
	s.ids = make([]id, s.nrows*ways)
	s.counts = make([]int32, s.nrows*(ways+1))
	return s
}

// acquire takes a slot for k. It returns the slot and the number of running requests in
// it, this request included.
func (s *slots) acquire(k ratelimit.Key) (slot, running int, ok bool) {
	id := id{maphash.Comparable(s.seeds[0], k), maphash.Comparable(s.seeds[1], k)}
	high, _ := bits.Mul64(id[0], s.nrows)
	row := int(high)
	lock := &s.locks[row%numLocks]
	ids, counts := s.ids[row*ways:][:ways], s.counts[row*(ways+1):][:ways+1]
	lock.Lock()
	at, free := ways, ways
	for i := range ways {
		if counts[i] == 0 {
			free = i
		} else if ids[i] == id {
			at = i
			break
		}
	}
	if at == ways && counts[ways] == 0 && free < ways {
		at = free
		ids[at] = id
	}
	if ok = int(counts[at]) < s.max; ok {
		counts[at]++
	}
	running = int(counts[at])
	lock.Unlock()
	return row*(ways+1) + at, running, ok
}

func (s *slots) release(slot int) {
	lock := &s.locks[slot/(ways+1)%numLocks]
	lock.Lock()
	s.counts[slot]--
	lock.Unlock()
}
