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

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore/internal/redisconn"
)

// withOptions is a Store from a client with options.
func withOptions(t *testing.T, o redis.Options) *Store {
	t.Helper()
	o.Addr = redistest.Start(t).Addr
	if o.StreamingCredentialsProvider != nil {
		if err := dial(t, o.Addr).ConfigSet(context.Background(), "requirepass", "secret").Err(); err != nil {
			t.Fatal(err)
		}
	}
	rdb := redis.NewClient(&o)
	t.Cleanup(func() { _ = rdb.Close() })
	s, err := New(rdb, Config{Timeout: time.Second, Refusals: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// lateCredentials is a streaming provider that takes its time.
type lateCredentials struct{ wait func() }

func (l lateCredentials) Subscribe(auth.CredentialsListener) (auth.Credentials, auth.UnsubscribeFunc, error) {
	l.wait()
	return auth.NewBasicCredentials("default", "secret"), func() error { return nil }, nil
}

// slowly is options of a client that hang in each place that go-redis calls.
func slowly(wait func()) map[string]redis.Options {
	return map[string]redis.Options{
		"OnConnect":                  {OnConnect: func(context.Context, *redis.Conn) error { wait(); return nil }},
		"OnConnect that asks":        {OnConnect: func(ctx context.Context, c *redis.Conn) error { wait(); return c.Ping(ctx).Err() }},
		"CredentialsProvider":        {CredentialsProvider: func() (string, string) { wait(); return "", "" }},
		"CredentialsProviderContext": {CredentialsProviderContext: func(context.Context) (string, string, error) { wait(); return "", "", nil }},
		"StreamingCredentials":       {StreamingCredentialsProvider: lateCredentials{wait}},
		"Dialer": {Dialer: func(context.Context, string, string) (net.Conn, error) {
			wait()
			return nil, errors.New("late")
		}},
	}
}

// The budget holds whatever the options of the client do, and what hangs does
// not pile up.
func TestBudgetHoldsWhateverTheOptionsDo(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	for name, o := range slowly(func() { <-end }) {
		l := limiter(t, withOptions(t, o), ratelimit.Config{})
		before, most := runtime.NumGoroutine(), time.Duration(0)
		for range 300 {
			begin := time.Now()
			if d := l.Take(context.Background(), ratelimit.StringKey("a"), 1); !d.Degraded {
				t.Fatalf("%s: %+v", name, d)
			}
			most = max(most, time.Since(begin))
			<-time.After(time.Millisecond)
		}
		if most > 150*time.Millisecond { // of 25, on a busy machine
			t.Errorf("%s: a decision took %v", name, most)
		}
		c := open(t, withOptions(t, o), "pile", ratelimit.PerHour(20))
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				if err := c.Reset(ctx, keyOf(i)); err == nil { // each on its own connection
					t.Errorf("%s: connected", name)
				}
			})
		}
		wg.Wait()
		// A dialler is go-redis' own affair: one goroutine for each place in its pool.
		if n := runtime.NumGoroutine() - before; n > poolSize+3*hooksAtOnce {
			t.Errorf("%s: %d goroutines are left", name, n)
		}
	}
}

// Credentials that always come later than a budget are used nevertheless.
func TestLateCredentialsAreKept(t *testing.T) {
	for name, o := range slowly(func() { <-time.After(60 * time.Millisecond) }) {
		switch name {
		case "Dialer", "OnConnect", "OnConnect that asks":
			continue
		}
		l := limiter(t, withOptions(t, o), ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(100_000)}})
		await(t, name, func() bool { return !l.Take(context.Background(), ratelimit.StringKey("a"), 1).Degraded })
	}
}

// What panics is an error and neither the end of the process nor of the Store.
func TestPanicInAnOption(t *testing.T) {
	var calls atomic.Int64
	once := func() {
		if calls.Add(1) == 1 {
			panic("a nil map, once")
		}
	}
	for name, o := range slowly(once) {
		if name == "Dialer" {
			continue
		}
		calls.Store(0)
		c := open(t, withOptions(t, o), "panic", ratelimit.PerHour(100))
		if _, err := c.Take(context.Background(), keyOf(1), 1, false); !errors.Is(err, redisconn.ErrPanicked) {
			t.Errorf("%s: %v", name, err)
		}
		await(t, name, func() bool {
			got, err := c.Take(context.Background(), keyOf(1), 1, false)
			return err == nil && got.Granted == 1
		})
	}
}

// A bomb is a hook that panics in the goroutine of whoever calls, as one of the
// client's own might, before or after the command was sent.
type bomb struct{ before, after atomic.Int64 }

func (*bomb) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*bomb) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (b *bomb) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
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

// survive calls f as net/http calls a handler.
func survive(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

// A panic in a call is the affair of who makes it. Those who share the call get
// an error, and the next calls are as ever, also when the time of the one that
// panicked has passed, and however little they have themselves.
func TestPanicInACallPoisonsNothing(t *testing.T) {
	const timeout = 300 * time.Millisecond
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: timeout, Refusals: -1})
	var b bomb
	s.client.AddHook(&b)
	c := open(t, s, "panic", ratelimit.PerHour(1_000_000))
	q := c.queues[0]
	for round, n := range map[int]*atomic.Int64{0: &b.before, 1: &b.after} {
		var panics atomic.Int64
		n.Store(20)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				if survive(func() { _, _ = c.Take(context.Background(), keyOf(i), 1, false) }) {
					panics.Add(1)
				}
			})
		}
		wg.Wait()
		for n.Load() > 0 {
			survive(func() { _, _ = c.Take(context.Background(), keyOf(1), 1, false) })
		}
		if panics.Load() == 0 {
			t.Fatal("nothing panicked")
		}
		<-time.After(timeout + 10*time.Millisecond) // of those calls
		for range 2 * maxInflight {                 // each batch there is
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

// A dialler that panics is one that fails.
func TestPanicInADialer(t *testing.T) {
	addr := redistest.Start(t).Addr
	var calls atomic.Int64
	rdb := redis.NewClient(&redis.Options{Addr: addr, Dialer: func(_ context.Context, network, _ string) (net.Conn, error) {
		if calls.Add(1)%2 == 1 {
			panic("a nil map, every other time")
		}
		return net.Dial(network, addr)
	}})
	t.Cleanup(func() { _ = rdb.Close() })
	s, err := New(rdb, Config{Timeout: time.Second, Refusals: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c := open(t, s, "panic", ratelimit.PerHour(100))
	begin := time.Now()
	if _, err := c.Take(context.Background(), keyOf(1), 1, false); kind(err) != "unexpected" || time.Since(begin) > 500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	for range 100 {
		take(t, c, keyOf(1), 1, false)
	}
}
