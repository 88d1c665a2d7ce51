package redisstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit"
)

var (
	errAborted = &Error{Kind: Unexpected, Err: errors.New("the call did not return")}
	errReply   = errors.New("a reply of another form")
)

// A batch is one call of the script, and all that it needs of memory. It is used
// again by the next call of the same queue, and so of the same slot: go-redis
// keeps in a command which slot it goes to.
type batch struct {
	q        *queue
	members  []*waiter
	entries  []*entry // the first used are in this call
	used     int
	index    map[[16]byte]int // entry of a key that is asked for one unit; from two entries on
	deadline time.Time

	ctx   *callCtx
	numb  int64
	args  []any
	lone  *redis.IntSliceCmd // the command for one entry; its arguments point into entries[0]
	reply []int64
	err   error
}

// An entry is one key of the call. Callers that want one unit of the same key
// share one, which asks for as many units as will do: exactly what they would
// have got one after the other.
type entry struct {
	key     []byte // its name, overwritten in place
	keyArg  any    // key, boxed once
	n       int64  // as the script wants it
	sharers int    // 0: cannot be shared
	firstOf [16]byte
}

func newBatch(q *queue) *batch {
	return &batch{q: q, ctx: newCallCtx()}
}

func (b *batch) reset() {
	clear(b.members)
	b.members, b.used, b.reply = b.members[:0], 0, nil
	clear(b.index)
}

// add puts w into the call. The caller sees to it that there is room.
func (b *batch) add(w *waiter) {
	b.members = append(b.members, w)
	w.rank = 0
	if w.n == 1 && b.used > 0 {
		if i, ok := b.find(&w.key); ok {
			e := b.entries[i]
			w.entry, w.rank = i, e.sharers
			e.sharers++
			e.n = -int64(e.sharers)
			return
		}
	}
	w.entry = b.used
	e := b.next()
	e.key = appendKey(e.key[:0], b.q.c.space, b.tag(&w.key), &w.key)
	e.n, e.sharers = int64(w.n), 0
	if w.atMost {
		e.n = -e.n
	}
	if w.n == 1 {
		e.sharers, e.firstOf = 1, w.key
		if b.used > 1 {
			b.index[w.key] = w.entry
		}
	}
}

func (b *batch) tag(key *[16]byte) string {
	if b.q.tag != "" {
		return b.q.tag
	}
	return b.q.c.store.tags[partOf(key)]
}

// find looks for an entry to share. The index is begun when there are two.
func (b *batch) find(key *[16]byte) (int, bool) {
	if b.used == 1 {
		e := b.entries[0]
		return 0, e.sharers > 0 && e.firstOf == *key
	}
	i, ok := b.index[*key]
	return i, ok
}

func (b *batch) next() *entry {
	if b.used == len(b.entries) {
		e := &entry{key: make([]byte, len(b.q.c.space)+keyTail)}
		e.keyArg = e.key
		b.entries = append(b.entries, e)
	}
	if b.used == 1 {
		if b.index == nil {
			b.index = make(map[[16]byte]int, maxEntries)
		}
		if e := b.entries[0]; e.sharers > 0 {
			b.index[e.firstOf] = 0
		}
	}
	b.used++
	return b.entries[b.used-1]
}

// call runs the script. It returns by the deadline of the batch.
func (b *batch) call(now time.Time) error {
	b.ctx.begin(now, b.deadline)
	cmd := b.command()
	rdb := b.q.c.store.client
	err := rdb.Process(b.ctx, cmd)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		// The first two arguments say how the script is named.
		args := append([]any{"eval", b.q.c.take.source}, cmd.Args()[2:]...)
		cmd = redis.NewIntSliceCmd(b.ctx, args...)
		cmd.SetFirstKeyPos(3)
		err = rdb.Process(b.ctx, cmd)
	}
	if !b.ctx.end() {
		b.ctx = newCallCtx()
		b.lone = nil // it holds the old one
	}
	if err != nil {
		return wrap(err)
	}
	if b.reply = cmd.Val(); len(b.reply) != 4*b.used {
		return &Error{Kind: Unexpected, Err: fmt.Errorf("%w: %d integers for %d keys", errReply, len(b.reply), b.used)}
	}
	return nil
}

func (b *batch) command() *redis.IntSliceCmd {
	if b.used == 1 && b.lone != nil {
		return b.lone
	}
	args := b.args[:0]
	if b.used == 1 {
		args = nil // the lone command keeps them
	}
	b.numb = int64(b.used)
	args = append(args, "evalsha", b.q.c.take.sha)
	if b.used == 1 {
		args = append(args, int64(1))
	} else {
		args = append(args, &b.numb)
	}
	for _, e := range b.entries[:b.used] {
		args = append(args, e.keyArg)
	}
	args = append(args, b.q.c.layout.args...)
	for _, e := range b.entries[:b.used] {
		args = append(args, &e.n)
	}
	cmd := redis.NewIntSliceCmd(b.ctx, args...)
	cmd.SetFirstKeyPos(3)
	if b.used == 1 {
		b.lone = cmd
	} else {
		b.args = args
	}
	return cmd
}

// answer is what the reply says to w.
func (b *batch) answer(w *waiter) (ratelimit.Count, error) {
	if b.err != nil {
		return ratelimit.Count{}, b.err
	}
	r := b.reply[4*w.entry:][:4]
	if r[0] < 0 {
		return ratelimit.Count{}, &Error{Kind: Corrupt, Err: errCorrupt}
	}
	granted := int(r[0] >> 3)
	c := ratelimit.Count{
		Granted: granted, Limit: int(r[0] & 7), Left: r[1],
		Wait: time.Duration(r[2]) * time.Microsecond, Stamp: r[3],
	}
	if b.entries[w.entry].sharers > 0 {
		// As if they had come one after the other: all limits lose one unit each
		// time, so the one with the least left stays the same.
		c.Granted = 0
		if w.rank < granted {
			c.Granted = 1
			c.Left += int64(granted - 1 - w.rank)
		}
	}
	return c, nil
}
