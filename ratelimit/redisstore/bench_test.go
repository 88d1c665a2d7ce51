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
)

// gcra stands for what other limiters send: one script a decision.
var gcra = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local emission, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if tat + emission - burst > now then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', tat + emission), 'PX', math.ceil((tat + emission - now) / 1000) + 1)
return 1`)

// parallel runs b.N operations on g goroutines and fails unless all are granted.
func parallel(b *testing.B, g int, op func(g, i int) bool) {
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
			parallel(b, shape.goroutines, func(_, i int) bool {
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
			parallel(b, shape.goroutines, func(_, i int) bool {
				n, err := gcra.EvalSha(ctx, rdb, []string{fmt.Sprint("k", i%shape.keys)}, 1, 60_000_000).Int()
				return err == nil && n == 1
			})
		})
	}
}
