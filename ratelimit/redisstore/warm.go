package redisstore

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// A warmer makes connections for those who have not the time to. A new connection
// is greeted before it is used, and a call that ends meanwhile takes it along; so
// where that takes longer than the budget of a decision, though a decision would
// not, each would begin again and none would ever be made: at the beginning, and
// after every stall, which ends all connections at once.
//
// So a call that had no time left has as many made as are missing, in the
// background, with more time, and tells the servers the scripts as well. That is
// done once at a time, and not after Close, which waits for it.
type warmer struct {
	nodes func(ctx context.Context, each func(context.Context, *redis.Client) error) error

	ctx  context.Context // ends with the Store
	stop context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex
	busy    bool
	servers map[string]*atomic.Int64
}

// warmAtMost is how many connections to a server are made at once.
const warmAtMost = maxInflight

func newWarmer() *warmer {
	w := &warmer{servers: map[string]*atomic.Int64{}}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

// known is where the proven connections to the server at addr are counted.
func (w *warmer) known(addr string) *atomic.Int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.servers[addr]
	if n == nil {
		n = new(atomic.Int64)
		w.servers[addr] = n
	}
	return n
}

// after is told how a call has ended, and how many were under way. It never waits.
func (w *warmer) after(err error, flying int) {
	if err == nil || kindOf(unseal(err)) != kindDeadline {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy || w.ctx.Err() != nil {
		return
	}
	w.busy = true
	w.done.Go(func() { w.run(min(max(flying, 1), warmAtMost)) })
}

func (w *warmer) run(n int) {
	ctx, cancel := context.WithTimeout(w.ctx, ioTimeout)
	defer cancel()
	// What cannot be done now is tried again when the next call has no time left.
	_ = recovered(func() error {
		return w.nodes(ctx, func(ctx context.Context, node *redis.Client) error {
			// Those that there are would only be kept from those who call.
			if w.known(node.Options().Addr).Load() < int64(n) {
				warm(ctx, node, n)
			}
			return nil
		})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
}

// warm gets n connections at the same time, so that none of them is another, and
// gives them back when all are ready.
func warm(ctx context.Context, node *redis.Client, n int) {
	var ready sync.WaitGroup
	ready.Add(n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			conn := node.Conn()
			_ = recovered(func() error {
				defer ready.Done()
				if i > 0 {
					return conn.Ping(ctx).Err()
				}
				_, err := conn.Pipelined(ctx, func(p redis.Pipeliner) error {
					for _, source := range []string{takeSource, refundSource, resetSource, lockoutSource} {
						p.ScriptLoad(ctx, source) // who may not load them still may send them
					}
					return nil
				})
				return err
			})
			ready.Wait()
			_ = conn.Close()
		})
	}
	all.Wait()
}

// end lets nothing more begin.
func (w *warmer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
}
