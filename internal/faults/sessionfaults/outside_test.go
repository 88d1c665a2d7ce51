package sessionfaults

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A worker calls a store on Redis for a bubble of package synctest, whose time stands still
// meanwhile. It moves the clock of the server with the time of the bubble.
type worker struct {
	store sessionstore.Store
	clock *redistest.Clock

	mu          sync.Mutex // one call at a time
	calls, done chan func()
}

// startWorker starts a Redis whose clock stands still, and a worker outside of every bubble.
func startWorker(t *testing.T, b backend) *worker {
	t.Helper()
	server, clock := redistest.StartWithClock(t)
	clock.Stop()
	w := &worker{store: b.open(t, newClient(t, server.Addr), false), clock: clock, calls: make(chan func()), done: make(chan func())}
	go func() {
		for call := range w.calls {
			call()
			w.done <- nil
		}
	}()
	t.Cleanup(func() { close(w.calls) })
	return w
}

// outside is the store of a worker, as one bubble has it. Its time is that of the bubble, in
// whole milliseconds.
type outside struct {
	sessionstore.Store
	*worker
	last *time.Time // of the bubble, at the last call
}

func (w *worker) bubble(sessionstore.Store) sessionstore.Store {
	return outside{nil, w, new(time.Time)}
}

func (o outside) do(call func(context.Context)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now().Truncate(time.Millisecond)
	if !o.last.IsZero() {
		o.clock.Shift(now.Sub(*o.last))
	}
	*o.last = now
	o.calls <- func() { call(context.Background()) }
	<-o.done
}

func (o outside) Create(_ context.Context, c sessionstore.Creation) (out sessionstore.Created, err error) {
	o.do(func(ctx context.Context) { out, err = o.store.Create(ctx, c) })
	return out, err
}

func (o outside) Read(_ context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	o.do(func(ctx context.Context) { r, found, err = o.store.Read(ctx, sid) })
	return r, found, err
}

func (o outside) Commit(_ context.Context, c sessionstore.Commit) (r sessionstore.Record, out sessionstore.Outcome, err error) {
	o.do(func(ctx context.Context) { r, out, err = o.store.Commit(ctx, c) })
	return r, out, err
}

func (o outside) End(_ context.Context, sids []string, keep time.Duration) (ended []string, err error) {
	o.do(func(ctx context.Context) { ended, err = o.store.End(ctx, sids, keep) })
	return ended, err
}
