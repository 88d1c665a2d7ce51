package redisstore_test

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/redisstore"
)

func newLimiter(t *testing.T, cfg redisstore.Config) *ratelimit.Limiter {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr})
	s, err := redisstore.New(client, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.Close(), client.Close() })
	l, err := ratelimit.New(ratelimit.Config{
		Name: "allocs", Limits: []ratelimit.Limit{ratelimit.PerHour(100_000_000)}, Key: ratelimit.ByClientIP,
		Store: s, Budget: time.Second, OnFailure: ratelimit.FailClosed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A decision through the Limiter allocates nothing: alone, with many callers at a time,
// and leased.
func TestLimiterAllocs(t *testing.T) {
	ctx, key := context.Background(), ratelimit.StringKey("tenant-1")
	take := func(l *ratelimit.Limiter, key ratelimit.Key) {
		if d := l.Take(ctx, key, 1); !d.Allowed || d.Degraded {
			t.Errorf("%+v", d)
		}
	}
	l := newLimiter(t, redisstore.Config{Timeout: time.Second})
	take(l, key)
	mwtest.MaxAllocs(t, "alone", 0, func() { take(l, key) })

	const callers, each = 64, 200
	crowd := func() {
		var wg sync.WaitGroup
		for i := range callers {
			key := ratelimit.StringKey("tenant-" + strconv.Itoa(i))
			wg.Go(func() {
				for range each {
					take(l, key)
				}
			})
		}
		wg.Wait()
	}
	crowd()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	crowd()
	runtime.ReadMemStats(&after)
	runs := 0 // 1 under the race detector, which allocates and empties pools
	mwtest.MaxAllocs(t, "nothing", 0, func() { runs++ })
	if a := float64(after.Mallocs-before.Mallocs) / (callers * each); a > 0.05 && runs > 1 {
		t.Errorf("%.2f allocations a decision among %d callers", a, callers)
	}

	hot := newLimiter(t, redisstore.Config{Timeout: time.Second, LeaseAmong: 1})
	for range 2000 {
		take(hot, key)
	}
	mwtest.MaxAllocs(t, "leased", 0, func() { take(hot, key) })
}
