package redisstore

import (
	"encoding/binary"
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

// maxEntries is how many keys one call decides. At some microseconds each it
// keeps a server, which does nothing else meanwhile, busy for less than one
// millisecond.
const maxEntries = 128

// A batch is one call of the script, and all that it needs of memory. It is used
// again by the next call of the same queue, and so of the same slot: go-redis
// keeps in a command which slot it goes to.
type batch struct {
	q        *queue
	members  []*waiter
	entries  []*entry               // the first used are in this call
	places   [2 * maxEntries]uint16 // of the entries, one more, where one unit is asked for; by their keys
	used     int
	deadline time.Time

	ctx   *callCtx
	numb  int64
	cmd   *command
	buf   []byte // of cmd
	reply []byte // four integers for each entry, in buf
	err   error
}

// The reply is one string, which go-redis can read into memory that is there
// already; of integers in an array it makes a slice.
const (
	replyWords = 4
	replySize  = 8 * replyWords // of an entry
)

// An entry is one key of the call. Callers that want one unit of the same key
// share one, which asks for as many units as will do: exactly what they would
// have got one after the other.
type entry struct {
	key     []byte // its name, overwritten in place
	keyArg  any    // key, boxed once
	n       int64  // as the script wants it
	sharers int    // 0: cannot be shared
	spare   int    // units besides, for a lease
	err     error  // of this one alone
	firstOf [16]byte
}

// A command is one for any number of keys: its arguments are not those that
// go-redis was given with it, of which it reads only the name and the first key.
type command struct {
	*redis.ZeroCopyStringCmd
	args []any
}

func (c *command) Args() []any { return c.args }

func newBatch(q *queue) *batch {
	return &batch{q: q, ctx: newCallCtx(), buf: make([]byte, maxEntries*replySize+len("\r\n"))}
}

func (b *batch) reset() {
	clear(b.members)
	if b.used > 1 {
		clear(b.places[:])
	}
	b.members, b.used, b.reply = b.members[:0], 0, nil
}

// add puts w into the call. The caller sees to it that there is room.
func (b *batch) add(w *waiter) {
	b.members = append(b.members, w)
	w.rank = 0
	if w.n == 1 && b.used > 0 {
		if e, i := b.find(&w.key); e != nil {
			w.entry, w.rank = i, e.sharers
			e.sharers++
			e.spare = max(e.spare, w.more)
			e.n = -int64(e.sharers + e.spare)
			return
		}
	}
	w.entry = b.used
	e := b.next()
	e.key = appendKey(e.key[:0], b.q.c.space, b.tag(&w.key), &w.key)
	e.n, e.sharers, e.spare, e.err = int64(w.n), 0, 0, nil
	if w.atMost {
		e.n = -e.n
	}
	if w.n == 1 {
		if e.spare = w.more; w.more > 0 {
			e.n = -int64(1 + w.more)
		}
		e.sharers, e.firstOf = 1, w.key
		if b.used > 1 {
			b.place(w.entry)
		}
	}
}

func (b *batch) tag(key *[16]byte) string {
	if b.q.tag != "" {
		return b.q.tag
	}
	return b.q.c.store.tags[partOf(key)]
}

// find looks for an entry to share, and returns its index with it. Where many
// keys begin their search at one place, as somebody might arrange, it is as slow
// as looking at all of them, which are few.
func (b *batch) find(key *[16]byte) (*entry, int) {
	if b.used == 1 {
		if e := b.entries[0]; e.sharers > 0 && e.firstOf == *key {
			return e, 0
		}
		return nil, 0
	}
	for at := placeOf(key); b.places[at] != 0; at = (at + 1) % len(b.places) {
		i := int(b.places[at]) - 1
		if e := b.entries[i]; e.firstOf == *key {
			return e, i
		}
	}
	return nil, 0
}

func (b *batch) place(i int) {
	at := placeOf(&b.entries[i].firstOf)
	for b.places[at] != 0 {
		at = (at + 1) % len(b.places)
	}
	b.places[at] = uint16(i + 1)
}

func placeOf(key *[16]byte) int {
	h := (binary.LittleEndian.Uint64(key[:8]) ^ binary.LittleEndian.Uint64(key[8:])) * 0x9e3779b97f4a7c15
	return int(h >> 56)
}

// next is a new entry. The places are filled from the second on.
func (b *batch) next() *entry {
	if b.used == len(b.entries) {
		e := &entry{key: make([]byte, len(b.q.c.space)+keyTail)}
		e.keyArg = e.key
		b.entries = append(b.entries, e)
	}
	if b.used == 1 && b.entries[0].sharers > 0 {
		b.place(0)
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
	size := cmd.Val
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		// The first two arguments say how the script is named.
		args := append([]any{"eval", b.q.c.take.source}, cmd.args[2:]...)
		full := redis.NewZeroCopyStringCmd(b.ctx, b.buf, args...)
		full.SetFirstKeyPos(3)
		err, size = rdb.Process(b.ctx, full), full.Val
	}
	if err != nil && b.used > 1 && redis.IsTryAgainError(unseal(err)) {
		err, size = nil, b.apart
	}
	n := 0
	if err == nil {
		n = size()
	}
	if !b.ctx.end() {
		b.ctx = newCallCtx()
		b.cmd = nil // it holds the old one
	}
	if err != nil {
		return wrap(err)
	}
	if n != replySize*b.used {
		return &Error{Kind: Unexpected, Err: fmt.Errorf("%w: %d bytes for %d keys", errReply, n, b.used)}
	}
	b.reply = b.buf[:n]
	return nil
}

// said is integer i of what the reply says about an entry.
func (b *batch) said(entry, i int) int64 {
	return int64(binary.BigEndian.Uint64(b.reply[entry*replySize+8*i:]))
}

func (b *batch) command() *command {
	if b.cmd == nil {
		b.cmd = &command{ZeroCopyStringCmd: redis.NewZeroCopyStringCmd(b.ctx, b.buf, "evalsha", b.q.c.take.sha, &b.numb, b.entries[0].keyArg)}
		b.cmd.SetFirstKeyPos(3)
	}
	b.numb = int64(b.used)
	args := b.cmd.args[:0]
	args = append(args, "evalsha", b.q.c.take.shaArg, &b.numb)
	for _, e := range b.entries[:b.used] {
		args = append(args, e.keyArg)
	}
	args = append(args, b.q.c.layout.args...)
	for _, e := range b.entries[:b.used] {
		args = append(args, &e.n)
	}
	b.cmd.args = args
	return b.cmd
}

// spare is how many units w has got for a lease.
func (b *batch) spare(w *waiter) int {
	if w.more == 0 || b.err != nil || b.entries[w.entry].err != nil {
		return 0
	}
	return max(int(b.said(w.entry, 0)>>3)-b.entries[w.entry].sharers, 0)
}

// answer is what the reply says to w.
func (b *batch) answer(w *waiter) (ratelimit.Count, error) {
	if b.err != nil {
		return ratelimit.Count{}, b.err
	}
	if err := b.entries[w.entry].err; err != nil {
		return ratelimit.Count{}, err
	}
	first := b.said(w.entry, 0)
	if first < 0 {
		return ratelimit.Count{}, &Error{Kind: Corrupt, Err: errCorrupt}
	}
	granted := int(first >> 3)
	c := ratelimit.Count{
		Granted: granted, Limit: int(first & 7), Left: b.said(w.entry, 1),
		Wait: time.Duration(b.said(w.entry, 2)) * time.Microsecond, Stamp: b.said(w.entry, 3),
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
