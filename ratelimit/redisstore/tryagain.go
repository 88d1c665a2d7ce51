package redisstore

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-sallyport/sallyport/internal/redisconn"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// splitsAtOnce is the number of keys of a split call that are sent at the same time.
const splitsAtOnce = 8

// splitOnTryAgain decides the keys of b one by one, and returns the reply as if they
// had been decided together. While a slot is moved to another node, its node refuses a
// call for several keys if it lacks one of them (TRYAGAIN). It lacks every new key, so
// it refuses any call that includes a client's first request. The node answers a call
// for one key, or redirects it to the other node.
func (b *batch) splitOnTryAgain() redisscript.Reply {
	reply := make(redisscript.Reply, b.used*takeSize)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(splitsAtOnce, b.used) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.used; i = int(next.Add(1)) - 1 {
				e := b.entries[i]
				e.err = wrap(redisconn.Recovered(func() error { return b.decideOne(e, reply[i*takeSize:(i+1)*takeSize]) }))
			}
		})
	}
	all.Wait()
	return reply
}

// decideOne decides the key of e, and writes the script's reply to dst.
func (b *batch) decideOne(e *entry, dst []byte) error {
	args := append(slices.Clone(b.q.c.layout.args), b.life, e.n)
	reply, err := b.q.c.take.Do(b.ctx, b.q.c.store.client, string(e.key), args...)
	copy(dst, reply)
	return err
}
