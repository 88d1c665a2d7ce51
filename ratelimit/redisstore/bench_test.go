package redisstore

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// gcra stands for other limiters, which send one script a decision.
var gcra = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local emission, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if tat + emission - burst > now then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', tat + emission), 'PX', math.ceil((tat + emission - now) / 1000) + 1)
return 1`)

// parallel runs b.N operations on g goroutines and fails unless all are granted.
func runParallel(b *testing.B, g int, op func(g, i int) bool) {
	b.Helper()
	var next, granted atomic.Int64
	done := make(chan struct{})
	b.ReportAllocs()
	b.ResetTimer()
	for id := range g {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				if op(id, int(i)) {
					granted.Add(1)
				}
			}
		}()
	}
	for range g {
		<-done
	}
	b.StopTimer()
	if granted.Load() != int64(b.N) {
		b.Fatalf("%d of %d granted", granted.Load(), b.N)
	}
}

func BenchmarkTake(b *testing.B) {
	addr := redistest.Start(b).Addr
	for _, shape := range []struct{ goroutines, keys int }{{1, 1024}, {64, 1024}, {64, 1}} {
		name := fmt.Sprintf("%dx%d", shape.goroutines, shape.keys)
		b.Run("ours/"+name, func(b *testing.B) {
			rdb := dial(b, addr)
			rdb.FlushAll(context.Background())
			c := open(b, newStore(b, addr, Config{Timeout: time.Second}), "bench", ratelimit.PerMinute(100_000_000))
			ctx := context.Background()
			runParallel(b, shape.goroutines, func(_, i int) bool {
				count, err := c.Take(ctx, keyOf(i%shape.keys), 1, false)
				return err == nil && count.Granted == 1
			})
			if n := rdb.DBSize(ctx).Val(); n != int64(min(shape.keys, b.N)) {
				b.Fatalf("%d keys", n)
			}
		})
		b.Run("script/"+name, func(b *testing.B) {
			rdb := redis.NewClient(&redis.Options{Addr: addr, PoolSize: 64})
			defer rdb.Close()
			ctx := context.Background()
			rdb.FlushAll(ctx)
			gcra.Load(ctx, rdb)
			runParallel(b, shape.goroutines, func(_, i int) bool {
				n, err := gcra.EvalSha(ctx, rdb, []string{fmt.Sprint("k", i%shape.keys)}, 1, 60_000_000).Int()
				return err == nil && n == 1
			})
		})
	}
}

// A login costs two calls, next to a password hash of some hundred milliseconds. A
// refused login costs one call, and no hash.
func BenchmarkLockout(b *testing.B) {
	server := redistest.Start(b)
	ctx := context.Background()
	setup := func(b *testing.B, cfg lockout.Config) *lockout.Guard {
		store := newStore(b, server.Addr, Config{Timeout: time.Second})
		store.client.FlushAll(ctx)
		b.ReportAllocs()
		return newGuard(b, newLockoutStore(b, store, "bench"), cfg)
	}
	b.Run("success", func(b *testing.B) {
		g := setup(b, lockout.Config{})
		for b.Loop() {
			a, err := g.Begin(ctx, "ann", addrOf(1))
			if err != nil {
				b.Fatal(err)
			}
			if err := a.Success(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("failure", func(b *testing.B) {
		g := setup(b, lockout.Config{})
		for i := 0; b.Loop(); i++ {
			a, err := g.Begin(ctx, fmt.Sprint("account ", i), addrOf(1))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := a.Failure(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, addresses := range []int{1, 30, 100} {
		b.Run(fmt.Sprint("refused/", addresses), func(b *testing.B) {
			g := setup(b, lockout.Config{PerAddress: 1, PerAccount: addresses})
			for i := range addresses {
				if _, err := g.Begin(ctx, "ann", addrOf(i)); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := g.Begin(ctx, "ann", addrOf(1000)); err == nil {
					b.Fatal("admitted")
				}
			}
		})
	}
}
