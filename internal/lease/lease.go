// Package lease keeps units that a process has debited in a store, and may spend without
// asking the store again.
//
// # Use
//
//	leases := lease.New(lease.Config{Quota: 8000, Widths: widths, Processes: 4, Slots: 1024})
//	count, ok, request := leases.Spend(&key, now, 1)
//	if !ok {
//		count, granted := … // ask the store for one unit, and for request.Wanted more
//		leases.RecordReply(&key, request, now, count, granted)
//	}
//
// Package redisstore uses it, and package fleet does so in virtual time.
//
// # Invariant
//
// A lease ends with the sub-bucket of its debit, by the clock of the store. So no
// window ever holds more than the limit. Nothing here reads a clock for a decision: the
// caller gives the time.
package lease

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// Leases are units that this process has debited in Redis and may spend without asking
// again. A spend must not allocate, and locks one of 64 mutexes.
//
// A lease ends with the sub-bucket of its debit, by the clock of Redis.
// Until then every window counts a unit spent here as a unit debited in Redis at that
// moment. So no window ever holds more than the limit.
//
// The process knows one time of that clock: the stamp in the script's reply, which
// Redis read after the call was sent. So a duration d after the call was sent, the
// clock shows at most stamp+d. Units that are not spent are lost: they count in the
// sub-bucket where they were debited, and can only refuse too much.
//
// Nil Leases have no units, and ask for no units.
type Leases struct {
	hash         func([16]byte) uint64
	locks        [64]sync.Mutex
	slots        []lease       // the length is a power of two
	widths       []int64       // of the sub-buckets, in microseconds
	period       time.Duration // the width of the shortest sub-bucket
	maxUnits     int           // the most units of one lease
	shareDivisor int           // a lease takes at most 1/shareDivisor of the units left
}

// A lease is the state of one key. If another key hashes to the slot of a busy lease,
// that key does not displace the lease but asks Redis, as without leases.
type lease struct {
	key        [16]byte
	generation uint32 // changes when the units that a call has asked for are no longer wanted
	units      int    // units that may be spent until the sub-bucket ends
	count      ratelimit.Count
	roomAt     time.Time // when count.Left grows
	sentAt     time.Time // when the process sent the call that debited the units
	lifetime   time.Duration
	bucketEnd  int64 // by the clock of Redis

	countedSince time.Time // when the period of taken began
	taken        int       // units asked for in this period, plus half of the number before it
	left         int64     // units left in Redis at its last reply
	requested    bool      // a caller is asking Redis for more units
}

// Config is the configuration of [Leases].
type Config struct {
	Quota     int     // the smallest quota of the limits
	Widths    []int64 // of the sub-buckets of each limit, in microseconds
	Processes int     // the number of processes that share the limits
	Slots     int     // the number of keys that may have a lease, a power of two

	// Hash decides which keys share a slot. A client must not know it. Nil is hash/maphash with a
	// seed of its own. A simulation gives its own, so that it can be repeated.
	Hash func(key [16]byte) uint64
}

// HotAfter is the number of units that a key must take within a sub-bucket before
// it may have a lease.
const HotAfter = 4

// A Request says how many additional units a call is to debit. Its generation is
// the generation of the lease that gets the units.
type Request struct {
	Wanted     int
	generation uint32
}

// New returns nil if the quota is too small to be shared among the processes, and for 0
// processes.
func New(cfg Config) *Leases {
	if cfg.Processes == 0 || cfg.Quota/(8*cfg.Processes) == 0 {
		return nil
	}
	if cfg.Hash == nil {
		seed := maphash.MakeSeed()
		cfg.Hash = func(key [16]byte) uint64 { return maphash.Bytes(seed, key[:]) }
	}
	return &Leases{
		hash: cfg.Hash, slots: make([]lease, cfg.Slots), widths: cfg.Widths,
		period:   time.Duration(slices.Min(cfg.Widths)) * time.Microsecond,
		maxUnits: cfg.Quota / (8 * cfg.Processes), shareDivisor: 2 * cfg.Processes,
	}
}

func (ls *Leases) slotOf(key *[16]byte) (*lease, *sync.Mutex) {
	h := ls.hash(*key)
	return &ls.slots[h&uint64(len(ls.slots)-1)], &ls.locks[h%uint64(len(ls.locks))]
}

// alive reports whether the units of l may be spent at now. If the machine is
// suspended, the monotonic clock may stand still. Then the wall clock jumps, so alive
// checks both.
func (l *lease) alive(now time.Time) bool {
	return l.units > 0 && now.Sub(l.sentAt) < l.lifetime && now.UnixNano()-l.sentAt.UnixNano() < int64(l.lifetime)
}

// Spend takes n units of key from its lease, if the lease has them. With n = 0 it only
// reads the lease. If ok is false, r is the request for Redis, and the caller must then
// call RecordReply with r.
func (ls *Leases) Spend(key *[16]byte, now time.Time, n int) (c ratelimit.Count, ok bool, r Request) {
	if ls == nil {
		return c, false, r
	}
	l, lock := ls.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key {
		if busy := now.Sub(l.countedSince) < ls.period && l.taken >= HotAfter; busy || l.alive(now) {
			return c, false, r
		}
		*l = lease{key: *key, generation: l.generation + 1, countedSince: now}
	}
	if now.Sub(l.countedSince) >= ls.period {
		// The units taken in the last period are a better forecast than zero.
		l.countedSince, l.taken = now, l.taken/2
		if l.taken < HotAfter {
			l.taken = 0
		}
	}
	l.taken += n
	if l.alive(now) && l.units >= max(n, 1) {
		return l.grant(now, n), true, r
	}
	r.generation = l.generation
	if n == 1 && !l.requested && l.taken >= HotAfter {
		r.Wanted = min(ls.maxUnits, l.taken, ls.expectedUnits(l, now)/2, int(l.left)/ls.shareDivisor)
		l.requested = r.Wanted > 0
	}
	return c, false, r
}

// SpendRest takes the remaining units of the lease of key, up to n: Redis has no
// units left.
func (ls *Leases) SpendRest(key *[16]byte, now time.Time, n int) (c ratelimit.Count, ok bool) {
	if ls == nil {
		return c, false
	}
	l, lock := ls.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key || !l.alive(now) {
		return c, false
	}
	return l.grant(now, min(n, l.units)), true
}

// grant takes n units of l. The returned count describes only this process, because
// others may have taken units meanwhile: until Redis has more units or is asked again,
// Left is the number left here.
func (l *lease) grant(now time.Time, n int) ratelimit.Count {
	l.units -= n
	c := l.count
	c.Granted, c.Left = n, int64(l.units)
	if c.Wait = l.roomAt.Sub(now); c.Wait <= 0 {
		c.Wait = l.lifetime - now.Sub(l.sentAt)
	}
	return c
}

// expectedUnits returns how many units callers will take from l until the sub-bucket
// ends, or in half of a sub-bucket if that end is not known.
func (ls *Leases) expectedUnits(l *lease, now time.Time) int {
	rest := l.lifetime - now.Sub(l.sentAt)
	if rest <= 0 {
		rest = ls.period / 2
	}
	return int(float64(l.taken) * float64(rest) / float64(max(now.Sub(l.countedSince), ls.period/64)))
}

// RecordReply completes r: Redis has replied c for key, and has debited granted additional
// units, in a call that was sent after sent.
func (ls *Leases) RecordReply(key *[16]byte, r Request, sent time.Time, c ratelimit.Count, granted int) {
	if ls == nil {
		return
	}
	l, lock := ls.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key || l.generation != r.generation {
		return
	}
	l.left = c.Left
	if r.Wanted == 0 {
		return
	}
	l.requested = false
	if granted == 0 {
		return
	}
	ends := ls.bucketEnd(c.Stamp.At)
	if !l.alive(sent) || l.bucketEnd != ends {
		l.units = 0 // they belong to another sub-bucket
	}
	// Subtract an eighth: a clock that is being adjusted runs up to a twelfth faster or
	// slower than others.
	life := time.Duration(ends-c.Stamp.At) * time.Microsecond
	l.lifetime, l.sentAt, l.bucketEnd = life-life/8, sent, ends
	l.units += granted
	l.count, l.roomAt = c, time.Now().Add(c.Wait)
}

// bucketEnd returns the earliest end of the sub-buckets that contain stamp.
func (ls *Leases) bucketEnd(stamp int64) int64 {
	end := (stamp/ls.widths[0] + 1) * ls.widths[0]
	for _, w := range ls.widths[1:] {
		end = min(end, (stamp/w+1)*w)
	}
	return end
}

// Drop forgets the lease of key, and the units that a call is asking for.
func (ls *Leases) Drop(key *[16]byte) {
	if ls == nil {
		return
	}
	l, lock := ls.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key == *key {
		*l = lease{key: *key, generation: l.generation + 1}
	}
}

// Held returns the number of units of key that may be spent at now.
func (ls *Leases) Held(key *[16]byte, now time.Time) int {
	if ls == nil {
		return 0
	}
	l, lock := ls.slotOf(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key || !l.alive(now) {
		return 0
	}
	return l.units
}
