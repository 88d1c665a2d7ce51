package redisstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// askInterval is how often a Store in use asks for the eviction policy.
	askInterval = time.Minute

	// retryInterval is the interval after the answer that the server may evict revocations,
	// or after no answer.
	retryInterval = time.Second
)

// An evictionWatch knows whether the server may evict revocations. It asks at the first use,
// and from then on in the background, one question at a time.
type evictionWatch struct {
	allowed bool
	next    atomic.Int64           // when to ask, since Store.start; 0 before the first answer
	policy  atomic.Pointer[string] // the policy that may evict; nil if there is none

	mu     sync.Mutex
	closed bool
	ctx    context.Context // ends with the Store
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// checkEviction returns an error if the server may evict revocations. The first call asks.
func (s *Store) checkEviction(ctx context.Context) error {
	w := &s.eviction
	if w.allowed {
		return nil
	}
	now := int64(time.Since(s.start))
	switch next := w.next.Load(); {
	case next == 0:
		if err := s.do(ctx, s.askEviction); err != nil {
			return err
		}
	case now >= next && w.next.CompareAndSwap(next, now+int64(retryInterval)):
		w.background(s.askEviction)
	}
	if policy := w.policy.Load(); policy != nil {
		return fmt.Errorf("redisstore: maxmemory-policy %s evicts sessions and revocations: "+
			"set noeviction, or Config.DangerouslyAllowEviction", *policy)
	}
	return nil
}

// askEviction asks the server. The error is that of a server that does not answer.
func (s *Store) askEviction(ctx context.Context) error {
	w := &s.eviction
	policy, err := s.client.EvictionPolicy(ctx)
	every := askInterval
	switch {
	case policy != "":
		w.policy.Store(&policy)
		every = retryInterval
	case err == nil || redis.HasErrorPrefix(err, "NOPERM") || redis.HasErrorPrefix(err, "ERR"):
		w.policy.Store(nil) // a server that does not let this user ask is trusted
	default:
		return err
	}
	w.next.Store(int64(time.Since(s.start) + every))
	return nil
}

func (w *evictionWatch) background(ask func(context.Context) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.done.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, retryInterval)
		defer cancel()
		_ = ask(ctx) // without an answer it stays as it was, and is asked again
	})
}

func (w *evictionWatch) close() {
	w.mu.Lock()
	w.closed = true
	w.stop()
	w.mu.Unlock()
}
