package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redisconn"
)

const (
	// askInterval is how often a Store in use asks for the eviction policy.
	askInterval = time.Minute

	// retryInterval is the interval after the answer that the server may evict counts, or
	// after no answer. It is short, so that logins continue soon after the server was
	// corrected.
	retryInterval = time.Second
)

// An evictionWatch knows whether the server may evict counts. It asks at the first use and
// then from time to time, in the background, one question at a time.
type evictionWatch struct {
	client *redisconn.Client // nil: eviction is allowed, and nothing is asked

	next  atomic.Int64 // when to ask, in nanoseconds since the epoch
	fault atomic.Pointer[Error]

	mu        sync.Mutex
	asked     bool // a question has ended, with or without an answer
	asking    bool
	closed    bool
	ctx       context.Context
	stop      context.CancelFunc
	done      sync.WaitGroup
	reporters []*reporter
}

// A reporter tells one limiter when the server becomes one that may evict counts.
type reporter struct {
	tell func(error)
	told bool // the limiter knows of the current fault
}

func newEvictionWatch(client *redisconn.Client) *evictionWatch {
	w := &evictionWatch{client: client}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

// use starts a question in the background if one is due at now. It never waits.
func (w *evictionWatch) use(now time.Time) {
	if w.client == nil || now.UnixNano() < w.next.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asking || w.closed {
		return
	}
	w.asking = true
	w.done.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		w.ask(ctx)
	})
}

// mustAskNow reports whether the caller must call ask, because no question was asked yet.
// The first guess waits for the answer, and a limiter does not.
func (w *evictionWatch) mustAskNow() bool {
	if w.client == nil || w.next.Load() != 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked || w.asking || w.closed {
		return false
	}
	w.asking = true
	return true
}

// ask asks once. The caller has set asking.
func (w *evictionWatch) ask(ctx context.Context) {
	policy, err := w.client.EvictionPolicy(ctx)
	now := time.Now()
	fault := w.fault.Load()
	every := askInterval
	switch {
	case policy != "":
		fault, every = &Error{Kind: kindEvicts, Err: fmt.Errorf(
			"maxmemory-policy %s evicts the counts of clients that are being limited: set noeviction, or Config.DangerouslyAllowEviction",
			policy)}, retryInterval
	case err == nil || refusesToTell(err):
		fault = nil
	default:
		every = retryInterval
	}
	w.fault.Store(fault)
	w.next.Store(now.Add(every).UnixNano())

	w.mu.Lock()
	w.asked, w.asking = true, false
	var tell []func(error)
	for _, r := range w.reporters {
		if fault != nil && !r.told {
			tell = append(tell, r.tell)
		}
		r.told = fault != nil
	}
	w.mu.Unlock()
	for _, f := range tell {
		f(fault)
	}
}

// refusesToTell reports whether err is the answer of a server that does not let this user
// ask, or does not know the command.
func refusesToTell(err error) bool {
	_, ok := errors.AsType[redis.Error](err)
	return ok && !kindOf(err).Unreachable()
}

func (w *evictionWatch) addReporter(tell func(error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reporters = append(w.reporters, &reporter{tell: tell})
}

func (w *evictionWatch) close() {
	w.mu.Lock()
	w.closed = true
	w.stop()
	w.mu.Unlock()
}

// OnFault registers tell, which is called with an [Error] of kind "evicts" when the server
// is found to be configured so that the Store may admit more than the limits. tell is
// called from a goroutine of the Store or from a call of a lockout.Guard, once for each
// change, and must not block. [ratelimit.New] calls OnFault for its OnState.
func (s *Store) OnFault(tell func(error)) { s.eviction.addReporter(tell) }
