package redisconn

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

// A prewarmer makes connections for calls that have too little time to make their own.
// A new connection is greeted before it is used, and a call that ends meanwhile ends
// the connection too. If a greeting takes longer than the budget of a decision,
// although a decision does not, each call would begin again and no connection would
// ever be made: at the start, and after every stall, which ends all connections at
// once.
//
// So after a call that ran out of time, the prewarmer makes the missing connections in
// the background, with more time, and loads the scripts into the servers. It runs once
// at a time, and not after Close, which waits for it.
type prewarmer struct {
	scripts []string
	nodes   func(ctx context.Context, each func(context.Context, *redis.Client) error) error

	ctx  context.Context // ends with the Client
	stop context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex
	busy    bool
	servers map[string]*serverState
}

// maxPrewarm is the number of connections to a server that are made at once.
const maxPrewarm = 16

func newPrewarmer(scripts []string) *prewarmer {
	w := &prewarmer{scripts: scripts, servers: map[string]*serverState{}}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

// server returns the state of the server at addr.
func (w *prewarmer) server(addr string) *serverState {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.servers[addr]
	if s == nil {
		s = new(serverState)
		w.servers[addr] = s
	}
	return s
}

// start begins to make the missing connections, so that each server has n.
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
	// After a failure the next call that runs out of time starts the prewarmer again.
	_ = Recovered(func() error {
		return w.nodes(ctx, func(ctx context.Context, node *redis.Client) error {
			// Skip a server that has enough: more connections would only take idle ones
			// away from callers.
			if w.server(node.Options().Addr).proven.Load() < int64(n) {
				prewarm(ctx, node, n, w.scripts)
			}
			return nil
		})
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
}

// prewarm holds n connections at the same time, so that no two of them are the same,
// and gives them back when all are ready.
func prewarm(ctx context.Context, node *redis.Client, n int, scripts []string) {
	var allReady sync.WaitGroup
	allReady.Add(n)
	var workers sync.WaitGroup
	for i := range n {
		workers.Go(func() {
			conn := node.Conn()
			_ = Recovered(func() error {
				defer allReady.Done()
				if i > 0 {
					return conn.Ping(ctx).Err()
				}
				_, err := conn.Pipelined(ctx, func(p redis.Pipeliner) error {
					for _, source := range scripts {
						p.ScriptLoad(ctx, source) // a user without the right to load scripts may still send them
					}
					return nil
				})
				return err
			})
			allReady.Wait()
			_ = conn.Close()
		})
	}
	workers.Wait()
}

// close prevents any further start.
func (w *prewarmer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
}
