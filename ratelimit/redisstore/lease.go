package redisstore

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// leases are units that this process has debited in Redis and may spend without
// asking again. It must not allocate, and locks one of 64 mutexes.
//
// A lease dies with the sub-bucket that it was debited in, by the clock of Redis,
// and that is why no window ever holds more than the limit: until then a unit
// spent here is the same to every window as one debited there at that moment. Of
// that clock the script's reply knows one time, at, which came after the call was
// sent; so d after that was sent it shows at most at+d. What is not spent is
// lost: it counts where it was debited, and can only refuse too much.
//
// Nil leases have no units, and ask for none.
type leases struct {
	seed   maphash.Seed
	locks  [64]sync.Mutex
	slots  []lease // a power of two of them
	widths []int64 // of the sub-buckets, microseconds
	period time.Duration
	most   int // units of one lease
	share  int // of what is left: one part of so many
}

// A lease is what is known of one key. One that is busy is not displaced by
// another key that falls into its place; that one asks Redis, as without leases.
type lease struct {
	key   [16]byte
	turn  uint32 // changes when units that were asked for are no longer wanted
	units int    // that may be spent until the end
	count ratelimit.Count
	room  time.Time // when Left grows
	sent  time.Time // when the call was made that debited the units
	life  time.Duration
	ends  int64 // of the sub-bucket, in the time of Redis

	since time.Time // of what is counted here: units taken, and what was left
	taken int
	left  int64
	asked bool // somebody is asking for more
}

const (
	leaseSlots = 1024

	// hotAfter is how many units a key takes within a sub-bucket before it may
	// have a lease.
	hotAfter = 4
)

// A leaseRequest says how many units a call is to debit besides its own. Its turn is
// that of the lease that they are for.
type leaseRequest struct {
	wanted int
	turn   uint32
}

// newLeases is nil if these limits allow none: the times of a quota of at most
// exactQuota are kept each by itself.
func newLeases(l layout, processes int) *leases {
	if processes == 0 || l.quota/(8*processes) == 0 || slices.Contains(l.args[2:], any(int64(0))) {
		return nil
	}
	most := l.quota / (8 * processes)
	ls := &leases{seed: maphash.MakeSeed(), slots: make([]lease, leaseSlots), most: most, share: 2 * processes}
	for i := range l.brief {
		ls.widths = append(ls.widths, l.args[2+3*i].(int64))
	}
	ls.period = time.Duration(slices.Min(ls.widths)) * time.Microsecond
	return ls
}

func (ls *leases) place(key *[16]byte) (*lease, *sync.Mutex) {
	h := maphash.Bytes(ls.seed, key[:])
	return &ls.slots[h%leaseSlots], &ls.locks[h%uint64(len(ls.locks))]
}

// alive reports whether the units of l may be spent at now. A machine that is
// suspended may stop the monotonic clock, but then the other jumps.
func (l *lease) alive(now time.Time) bool {
	return l.units > 0 && now.Sub(l.sent) < l.life && now.UnixNano()-l.sent.UnixNano() < int64(l.life)
}

// spend takes n units of key from its lease, if the lease has them, or looks at it if
// n is 0. If not, ok is false, and r is what to ask Redis for; then settle has to be
// called with r.
func (ls *leases) spend(key *[16]byte, now time.Time, n int) (c ratelimit.Count, ok bool, r leaseRequest) {
	if ls == nil {
		return c, false, r
	}
	l, lock := ls.place(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key {
		if busy := now.Sub(l.since) < ls.period && l.taken >= hotAfter; busy || l.alive(now) {
			return c, false, r
		}
		*l = lease{key: *key, turn: l.turn + 1, since: now}
	}
	if now.Sub(l.since) >= ls.period {
		// What it took in the last period says more than nothing.
		l.since, l.taken = now, l.taken/2
		if l.taken < hotAfter {
			l.taken = 0
		}
	}
	l.taken += n
	if l.alive(now) && l.units >= max(n, 1) {
		return l.grant(now, n), true, r
	}
	r.turn = l.turn
	if n == 1 && !l.asked && l.taken >= hotAfter {
		r.wanted = min(ls.most, l.taken, ls.expected(l, now)/2, int(l.left)/ls.share)
		l.asked = r.wanted > 0
	}
	return c, false, r
}

// rest takes what the lease of key still has, up to n units: Redis has none.
func (ls *leases) rest(key *[16]byte, now time.Time, n int) (c ratelimit.Count, ok bool) {
	if ls == nil {
		return c, false
	}
	l, lock := ls.place(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key || !l.alive(now) {
		return c, false
	}
	return l.grant(now, min(n, l.units)), true
}

// grant tells of nothing that others might have taken meanwhile: what is left is
// what is left here, until Redis has more or is asked again.
func (l *lease) grant(now time.Time, n int) ratelimit.Count {
	l.units -= n
	c := l.count
	c.Granted, c.Left = n, int64(l.units)
	if c.Wait = l.room.Sub(now); c.Wait <= 0 {
		c.Wait = l.life - now.Sub(l.sent)
	}
	return c
}

// expected is how many units l will take at its pace until the sub-bucket ends,
// or, if that end is not known, for half of one.
func (ls *leases) expected(l *lease, now time.Time) int {
	rest := l.life - now.Sub(l.sent)
	if rest <= 0 {
		rest = ls.period / 2
	}
	return int(float64(l.taken) * float64(rest) / float64(max(now.Sub(l.since), ls.period/64)))
}

// settle ends r: Redis has replied c about key, and has debited granted units besides,
// in a call that was sent after sent.
func (ls *leases) settle(key *[16]byte, r leaseRequest, sent time.Time, c ratelimit.Count, granted int) {
	if ls == nil {
		return
	}
	l, lock := ls.place(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key != *key || l.turn != r.turn {
		return
	}
	l.left = c.Left
	if r.wanted == 0 {
		return
	}
	l.asked = false
	if granted == 0 {
		return
	}
	ends := ls.end(c.Stamp)
	if !l.alive(sent) || l.ends != ends {
		l.units = 0 // of another sub-bucket
	}
	// An eighth less: clocks that are being set right run up to a twelfth faster
	// or slower than others.
	life := time.Duration(ends-c.Stamp) * time.Microsecond
	l.life, l.sent, l.ends = life-life/8, sent, ends
	l.units += granted
	l.count, l.room = c, time.Now().Add(c.Wait)
}

// end is when the first of the sub-buckets ends that at is in.
func (ls *leases) end(at int64) int64 {
	end := (at/ls.widths[0] + 1) * ls.widths[0]
	for _, w := range ls.widths[1:] {
		end = min(end, (at/w+1)*w)
	}
	return end
}

// drop forgets the lease of key, and what is being asked for it.
func (ls *leases) drop(key *[16]byte) {
	if ls == nil {
		return
	}
	l, lock := ls.place(key)
	lock.Lock()
	defer lock.Unlock()
	if l.key == *key {
		*l = lease{key: *key, turn: l.turn + 1}
	}
}
