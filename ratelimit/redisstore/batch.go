package redisstore

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit"
)

var errAborted = &Error{Kind: kindUnexpected, Err: errors.New("the call did not return")}

// maxEntries is the number of keys that one call decides. Each key takes the server
// some microseconds, so a full call keeps the server, which does nothing else
// meanwhile, busy for less than one millisecond.
const maxEntries = 128

// maxLife bounds the life of a key: the scripts compute with 53 bits.
const maxLife = 1 << 53

// A batch is one call of the script and all memory that the call needs. The next call
// of the same queue uses the batch again. All calls of a queue go to one slot, and that
// matters because go-redis keeps the slot in a command.
type batch struct {
	q        *queue
	members  []*waiter
	entries  []*entry         // the first used of them are in this call
	shared   map[[16]byte]int // index of the entry that asks for one unit of a key
	used     int
	deadline time.Time
	life     int64 // of the keys that this call is the first to debit

	ctx   *callCtx
	call  *redisscript.Call
	reply redisscript.Reply // takeInts integers for each entry
	err   error
}

// An entry is one key of the call. Callers that want one unit of the same key share an
// entry, which asks for up to as many units as it has sharers. Each of them gets
// exactly the result that it would have got if they had come one after the other.
type entry struct {
	key     []byte // the Redis key, overwritten in place
	keyArg  any    // key, boxed once
	n       int64  // the units as the script reads them: negative if fewer will do
	sharers int    // 0: cannot be shared
	lease   int    // additional units for a lease
	err     error  // of this entry alone
}

func newBatch(q *queue) *batch {
	return &batch{q: q, ctx: newCallCtx(), call: redisscript.NewCall(takeInts * maxEntries), shared: map[[16]byte]int{}}
}

func (b *batch) reset() {
	clear(b.members)
	clear(b.shared)
	b.members, b.used, b.reply = b.members[:0], 0, nil
}

// add puts w into the call. The caller checks that there is room.
func (b *batch) add(w *waiter) {
	b.members = append(b.members, w)
	w.rank = 0
	if w.n == 1 {
		if i, ok := b.shared[w.key]; ok {
			e := b.entries[i]
			w.entry, w.rank = i, e.sharers
			e.sharers++
			e.lease = max(e.lease, w.leaseWanted)
			e.n = -int64(e.sharers + e.lease)
			return
		}
	}
	w.entry = b.used
	e := b.addEntry()
	e.key = appendKey(e.key[:0], b.q.c.keyPrefix, b.tagOf(&w.key), &w.key)
	e.n, e.sharers, e.lease, e.err = int64(w.n), 0, 0, nil
	if w.atMost {
		e.n = -e.n
	}
	if w.n == 1 {
		if e.lease = w.leaseWanted; e.lease > 0 {
			e.n = -int64(1 + e.lease)
		}
		e.sharers, b.shared[w.key] = 1, w.entry
	}
}

func (b *batch) tagOf(key *[16]byte) string {
	if b.q.tag != "" {
		return b.q.tag
	}
	return b.q.c.store.tags[tagIndex(key)]
}

// addEntry returns a new entry.
func (b *batch) addEntry() *entry {
	if b.used == len(b.entries) {
		e := &entry{key: make([]byte, len(b.q.c.keyPrefix)+keyTail)}
		e.keyArg = e.key
		b.entries = append(b.entries, e)
	}
	b.used++
	return b.entries[b.used-1]
}

// run calls the script. It returns by the deadline of the batch.
func (b *batch) run(now time.Time) error {
	b.ctx.begin(now, b.deadline)
	b.prepare()
	reply, err := b.call.Do(b.ctx, b.q.c.store.client)
	if err != nil && b.used > 1 && redis.IsTryAgainError(err) {
		reply, err = b.splitOnTryAgain(), nil
	}
	if !b.ctx.end() {
		b.ctx = newCallCtx()
	}
	if err == nil {
		err = reply.Check(takeInts * b.used)
	}
	if err != nil {
		return wrap(err)
	}
	b.reply = reply
	return nil
}

// prepare writes the arguments of the call.
func (b *batch) prepare() {
	entries := b.entries[:b.used]
	b.call.Begin(b.q.c.take, len(entries))
	for _, e := range entries {
		b.call.Append(e.keyArg)
	}
	b.call.Append(b.q.c.layout.args...)
	b.life = rand.Int64N(maxLife)
	b.call.Append(&b.life)
	for _, e := range entries {
		b.call.Append(&e.n)
	}
}

// leaseGranted returns the number of units that w has got for a lease.
func (b *batch) leaseGranted(w *waiter) int {
	if w.leaseWanted == 0 || b.err != nil || b.entries[w.entry].err != nil {
		return 0
	}
	return max(takeGranted(b.reply, w.entry)-b.entries[w.entry].sharers, 0)
}

// result returns the part of the reply that is meant for w.
func (b *batch) result(w *waiter) (ratelimit.Count, error) {
	if b.err != nil {
		return ratelimit.Count{}, b.err
	}
	e := b.entries[w.entry]
	if e.err != nil {
		return ratelimit.Count{}, e.err
	}
	c, err := takeCount(b.reply, w.entry)
	if err != nil || e.sharers == 0 {
		return c, err
	}
	// Count as if the sharers had come one after the other. Each of them takes one unit
	// of all limits, so the limit with the fewest units left stays the same.
	granted := c.Granted
	c.Granted = 0
	if w.rank < granted {
		c.Granted = 1
		c.Left += int64(granted - 1 - w.rank)
	}
	return c, nil
}
