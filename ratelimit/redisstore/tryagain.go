package redisstore

import (
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// apartAtOnce is how many keys of a call are asked for at once, each by itself.
const apartAtOnce = 8

// apart decides the keys of b one by one, and returns the size of the reply as if
// they had been decided together. While a slot is being moved, a node runs nothing that
// has several keys of which it lacks one, and says so (TRYAGAIN): that of a key
// which is new, and so any call in which somebody comes for the first time. Each
// key alone it answers, or sends to the other node.
func (b *batch) apart() int {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(apartAtOnce, b.used) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.used; i = int(next.Add(1)) - 1 {
				e := b.entries[i]
				e.err = wrap(recovered(func() error { return b.one(e, b.buf[i*replySize:(i+1)*replySize:(i+1)*replySize]) }))
			}
		})
	}
	all.Wait()
	return b.used * replySize
}

// one decides the key of e.
func (b *batch) one(e *entry, reply []byte) error {
	take := &b.q.c.take
	args := append([]any{"evalsha", take.sha, int64(1), string(e.key)}, b.q.c.layout.args...)
	args = append(args, e.n)
	send := func() (*redis.ZeroCopyStringCmd, error) {
		cmd := redis.NewZeroCopyStringCmd(b.ctx, reply, args...)
		cmd.SetFirstKeyPos(3)
		return cmd, b.q.c.store.client.Process(b.ctx, cmd)
	}
	cmd, err := send()
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		args[0], args[1] = "eval", take.source
		cmd, err = send()
	}
	if err != nil {
		return err
	}
	if cmd.Val() != len(reply) {
		return &Error{Kind: Unexpected, Err: errReply}
	}
	return nil
}
