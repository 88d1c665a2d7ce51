package redisstore

import (
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// apartAtOnce is how many keys of a call are asked for at once, each by itself.
const apartAtOnce = 8

// apart decides the keys of b one by one, and returns the reply as if they had
// been decided together. While a slot is being moved, a node runs nothing that
// has several keys of which it lacks one, and says so (TRYAGAIN): that of a key
// which is new, and so any call in which somebody comes for the first time. Each
// key alone it answers, or sends to the other node.
func (b *batch) apart() []int64 {
	reply := make([]int64, 4*b.used)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(apartAtOnce, b.used) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.used; i = int(next.Add(1)) - 1 {
				e := b.entries[i]
				e.err = wrap(recovered(func() error { return b.one(e, reply[4*i:][:4]) }))
			}
		})
	}
	all.Wait()
	return reply
}

// one decides the key of e.
func (b *batch) one(e *entry, reply []int64) error {
	take := &b.q.c.take
	args := append([]any{"evalsha", take.sha, int64(1), string(e.key)}, b.q.c.layout.args...)
	args = append(args, e.n)
	send := func() (*redis.IntSliceCmd, error) {
		cmd := redis.NewIntSliceCmd(b.ctx, args...)
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
	if copy(reply, cmd.Val()) != len(reply) {
		return &Error{Kind: Unexpected, Err: errReply}
	}
	return nil
}
