package redisstore

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

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
