package redisconn

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// A prewarmer makes connections for calls that have no time to. A new connection is
// greeted before it is used, and a call that ends meanwhile takes it along. If that
// takes longer than the budget of a decision, though a decision would not, each call
// would begin again and no connection would ever be made: at the beginning, and after
// every stall, which ends all connections at once.
//
// So after a call that had no time left the missing connections are made in the
// background, with more time, and the servers are told the scripts as well. That is
// done once at a time, and not after Close, which waits for it.
type prewarmer struct {
	scripts []string
	nodes   func(ctx context.Context, each func(context.Context, *redis.Client) error) error

	ctx  context.Context // ends with the Client
	stop context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex
	busy    bool
	servers map[string]*atomic.Int64
}

// maxPrewarm is how many connections to a server are made at once.
const maxPrewarm = 16

func newPrewarmer(scripts []string) *prewarmer {
	w := &prewarmer{scripts: scripts, servers: map[string]*atomic.Int64{}}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

// provenTo counts the proven connections to the server at addr.
func (w *prewarmer) provenTo(addr string) *atomic.Int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.servers[addr]
	if n == nil {
		n = new(atomic.Int64)
		w.servers[addr] = n
	}
	return n
}

// start begins to make the connections that are missing to have n to each server.
func (w *prewarmer) start(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy || w.ctx.Err() != nil {
		return
	}
	w.busy = true
	w.done.Go(func() { w.run(min(max(n, 1), maxPrewarm)) })
}

func (w *prewarmer) run(n int) {
	ctx, cancel := context.WithTimeout(w.ctx, ioTimeout)
	defer cancel()
	// A failure is left to the next call that has no time.
	_ = Recovered(func() error {
		return w.nodes(ctx, func(ctx context.Context, node *redis.Client) error {
			// Else skip: more connections would only take idle ones away from callers.
			if w.provenTo(node.Options().Addr).Load() < int64(n) {
				prewarm(ctx, node, n, w.scripts)
			}
			return nil
		})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
}

// prewarm gets n connections at the same time, so that no two of them are the same,
// and gives them back when all are ready.
func prewarm(ctx context.Context, node *redis.Client, n int, scripts []string) {
	var ready sync.WaitGroup
	ready.Add(n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			conn := node.Conn()
			_ = Recovered(func() error {
				defer ready.Done()
				if i > 0 {
					return conn.Ping(ctx).Err()
				}
				_, err := conn.Pipelined(ctx, func(p redis.Pipeliner) error {
					for _, source := range scripts {
						p.ScriptLoad(ctx, source) // a user that may not load scripts may still send them
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
func (w *prewarmer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
}
