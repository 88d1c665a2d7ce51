package redisstore

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/auth"

	"github.com/go-sallyport/sallyport/internal/redisconn"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// newStoreWithOptions returns a Store made from a client with the options o.
func newStoreWithOptions(t *testing.T, o redis.Options) *Store {
	t.Helper()
	o.Addr = redistest.Start(t).Addr
	if o.StreamingCredentialsProvider != nil {
		if err := dial(t, o.Addr).ConfigSet(context.Background(), "requirepass", "secret").Err(); err != nil {
			t.Fatal(err)
		}
	}
	rdb := redis.NewClient(&o)
	return newStoreFor(t, rdb, Config{Timeout: time.Second, Refusals: -1})
}

// slowCredentials is a streaming provider that waits before it answers.
type slowCredentials struct{ wait func() }

func (l slowCredentials) Subscribe(auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	l.wait()
	return auth.NewBasicCredentials("default", "secret"), func() error { return nil }, nil
}

// hangingOptions returns client options that call wait, one set for each hook that
// go-redis calls.
func hangingOptions(wait func()) map[string]redis.Options {
	return map[string]redis.Options{
		"OnConnect":                  {OnConnect: func(context.Context, *redis.Conn) error { wait(); return nil }},
		"OnConnect that pings":       {OnConnect: func(ctx context.Context, c *redis.Conn) error { wait(); return c.Ping(ctx).Err() }},
		"CredentialsProvider":        {CredentialsProvider: func() (string, string) { wait(); return "", "" }},
		"CredentialsProviderContext": {CredentialsProviderContext: func(context.Context) (string, string, error) { wait(); return "", "", nil }},
		"StreamingCredentials":       {StreamingCredentialsProvider: slowCredentials{wait}},
		"Dialer": {Dialer: func(context.Context, string, string) (net.Conn, error) {
			wait()
			return nil, errors.New("late")
		}},
	}
}

// watchTimers measures how late a plain timer of this machine is at most, until the function
// that it returns is called.
func watchTimers() (stop func() time.Duration) {
	done, worst := make(chan struct{}), make(chan time.Duration)
	go func() {
		late := time.Duration(0)
		for {
			start := time.Now()
			select {
			case <-time.After(5 * time.Millisecond):
				late = max(late, time.Since(start)-5*time.Millisecond)
			case <-done:
				worst <- late
				return
			}
		}
	}()
	return func() time.Duration {
		close(done)
		return <-worst
	}
}

// The budget holds whatever the options of the client do, and hanging hooks do not pile
// up.
func TestBudgetHoldsWithHangingOptions(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	for name, o := range hangingOptions(func() { <-end }) {
		l := newLimiter(t, newStoreWithOptions(t, o), ratelimit.Config{})
		before, most, lateness := runtime.NumGoroutine(), time.Duration(0), watchTimers()
		for range 300 {
			begin := time.Now()
			if d := l.Take(context.Background(), ratelimit.StringKey("a"), 1); !d.Degraded {
				t.Fatalf("%s: %+v", name, d)
			}
			most = max(most, time.Since(begin))
			<-time.After(time.Millisecond)
		}
		// The budget is 25 ms, and a busy machine adds to it as it does to any timer.
		if late := lateness(); most > 125*time.Millisecond+4*late {
			t.Errorf("%s: a decision took %v, and timers were late by %v", name, most, late)
		}
		c := open(t, newStoreWithOptions(t, o), "pile", ratelimit.PerHour(20))
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				if err := c.Reset(ctx, keyOf(i)); err == nil { // each Reset uses its own connection
					t.Errorf("%s: connected", name)
				}
			})
		}
		wg.Wait()
		// go-redis itself calls the dialer: one goroutine for each place in its pool.
		if n := runtime.NumGoroutine() - before; n > poolSize+3*hooksAtOnce {
			t.Errorf("%s: %d goroutines are left", name, n)
		}
	}
}

// Credentials that always come later than a budget are still used.
func TestLateCredentialsAreKept(t *testing.T) {
	for name, o := range hangingOptions(func() { <-time.After(60 * time.Millisecond) }) {
		switch name {
		case "Dialer", "OnConnect", "OnConnect that pings":
			continue
		}
		l := newLimiter(t, newStoreWithOptions(t, o), ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(100_000)}})
		await(t, name, func() bool { return !l.Take(context.Background(), ratelimit.StringKey("a"), 1).Degraded })
	}
}

// A panic in an option becomes an error and ends neither the process nor the Store.
func TestPanicInAnOption(t *testing.T) {
	var calls atomic.Int64
	once := func() {
		if calls.Add(1) == 1 {
			panic("a nil map, once")
		}
	}
	for name, o := range hangingOptions(once) {
		if name == "Dialer" {
			continue
		}
		calls.Store(0)
		c := open(t, newStoreWithOptions(t, o), "panic", ratelimit.PerHour(100))
		if _, err := c.Take(context.Background(), keyOf(1), 1, false); !errors.Is(err, redisconn.ErrPanicked) {
			t.Errorf("%s: %v", name, err)
		}
		await(t, name, func() bool {
			got, err := c.Take(context.Background(), keyOf(1), 1, false)
			return err == nil && got.Granted == 1
		})
	}
}

// A panicHook panics in the goroutine of the caller, before or after the command was
// sent, as a hook of the user's client might.
type panicHook struct{ before, after atomic.Int64 }

func (*panicHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*panicHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (b *panicHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if b.before.Add(-1) >= 0 {
			panic("before")
		}
		err := next(ctx, cmd)
		if b.after.Add(-1) >= 0 {
			panic("after")
		}
		return err
	}
}

// didPanic calls f as net/http calls a handler, and reports whether f panicked.
func didPanic(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

// A panic in a call reaches only the caller that made the call. The callers that share
// it get an error. The next calls work as before, also after the deadline of the
// panicked call has passed, and also with very short deadlines of their own.
func TestPanicInACallDoesNotAffectOtherCalls(t *testing.T) {
	const timeout = 300 * time.Millisecond
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: timeout, Refusals: -1})
	var b panicHook
	s.client.AddHook(&b)
	c := open(t, s, "panic", ratelimit.PerHour(1_000_000))
	q := c.queues[0]
	for round, n := range map[int]*atomic.Int64{0: &b.before, 1: &b.after} {
		var panics atomic.Int64
		n.Store(20)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				if didPanic(func() { _, _ = c.Take(context.Background(), keyOf(i), 1, false) }) {
					panics.Add(1)
				}
			})
		}
		wg.Wait()
		for n.Load() > 0 {
			didPanic(func() { _, _ = c.Take(context.Background(), keyOf(1), 1, false) })
		}
		if panics.Load() == 0 {
			t.Fatal("nothing panicked")
		}
		<-time.After(timeout + 10*time.Millisecond) // until the deadline of those calls has passed
		for range 2 * maxInflight {                 // enough to use each batch
			if _, err := c.Take(context.Background(), keyOf(1), 1, false); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		q.mu.Lock()
		if q.busy != 0 || len(q.shared) != 0 || len(q.waiting) != 0 {
			t.Errorf("%d busy, %d shared, %d waiting", q.busy, len(q.shared), len(q.waiting))
		}
		q.mu.Unlock()
	}
	for i := range 20_000 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%50)*time.Microsecond)
		_, _ = c.Take(ctx, keyOf(1), 1, false)
		cancel()
	}
	take(t, c, keyOf(2), 1, false)
}

// A dialer that panics counts as a dialer that fails.
func TestPanicInADialer(t *testing.T) {
	addr := redistest.Start(t).Addr
	var calls atomic.Int64
	rdb := redis.NewClient(&redis.Options{Addr: addr, Dialer: func(_ context.Context, network, _ string) (net.Conn, error) {
		if calls.Add(1)%2 == 1 {
			panic("a nil map, every other time")
		}
		return net.Dial(network, addr)
	}})
	s := newStoreFor(t, rdb, Config{Timeout: time.Second, Refusals: -1})
	c := open(t, s, "panic", ratelimit.PerHour(100))
	begin := time.Now()
	if _, err := c.Take(context.Background(), keyOf(1), 1, false); kind(err) != "unexpected" || time.Since(begin) > 500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	for range 100 {
		take(t, c, keyOf(1), 1, false)
	}
}
