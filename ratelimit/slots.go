package ratelimit

import "sync"

// slots counts what is running, by key, in memory that is allocated once. A key
// has a place in its set only while something of it runs. If all places are
// taken it runs in the one that is the rest of its set, with all others that
// come late, and as long as that is in use nobody gets a new place: a key that
// had both would run twice what it may.
type slots struct {
	places
	max    int
	locks  []slotLock
	ids    []id
	counts []int32 // of each set: ways places and the rest
}

type slotLock struct {
	sync.Mutex
	_ [56]byte
}

func newSlots(maxKeys, most int) *slots {
	s := &slots{places: newPlaces(maxKeys), max: most}
	s.locks = make([]slotLock, s.stripes())
	s.ids = make([]id, s.nsets*ways)
	s.counts = make([]int32, s.nsets*(ways+1))
	return s
}

// enter finds a slot for k and reports how many run in it, this one included.
func (s *slots) enter(k Key) (slot, running int, ok bool) {
	id, place, _ := s.of(k)
	set := int(place)
	lock := &s.locks[set&(len(s.locks)-1)]
	ids, counts := s.ids[set*ways:][:ways], s.counts[set*(ways+1):][:ways+1]
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
	return set*(ways+1) + at, running, ok
}

func (s *slots) leave(slot int) {
	lock := &s.locks[slot/(ways+1)&(len(s.locks)-1)]
	lock.Lock()
	s.counts[slot]--
	lock.Unlock()
}
