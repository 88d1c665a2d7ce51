package ratelimit_test

import (
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Each benchmark ends with an assertion that it measured the work in its name.

func BenchmarkTake(b *testing.B) {
	all := func(b *testing.B, admitted int) {
		if admitted != b.N {
			b.Fatalf("admitted %d of %d", admitted, b.N)
		}
	}
	for name, limits := range map[string][]ratelimit.Limit{
		"one": {ratelimit.PerSecond(100_000_000)},
		"three": {
			{Quota: 90_000_000, Window: time.Millisecond},
			{Quota: 95_000_000, Window: 1500 * time.Microsecond},
			{Quota: 99_000_000, Window: 1999 * time.Microsecond},
		},
	} {
		b.Run("hot/limits="+name, func(b *testing.B) {
			l, n := newLimiter(b, limits...), 0
			b.ReportAllocs()
			for b.Loop() {
				if l.Take(ctx, someKey, 1).Allowed {
					n++
				}
			}
			all(b, n)
		})
	}
	b.Run("hot/denied", func(b *testing.B) {
		l, n := newLimiter(b, ratelimit.PerHour(100)), 0
		for range 100 {
			l.Take(ctx, someKey, 1)
		}
		b.ReportAllocs()
		for b.Loop() {
			if !l.Take(ctx, someKey, 1).Allowed {
				n++
			}
		}
		all(b, n)
	})
	b.Run("hot/parallel", func(b *testing.B) {
		l := newLimiter(b, ratelimit.PerSecond(100_000_000))
		var n atomic.Int64
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			mine := 0
			for pb.Next() {
				if l.Take(ctx, someKey, 1).Allowed {
					mine++
				}
			}
			n.Add(int64(mine))
		})
		all(b, int(n.Load()))
	})
	const many = 100_000
	b.Run("100k", func(b *testing.B) {
		l, n, i := newLimiterWithKeys(b, many, ratelimit.PerMinute(1_000_000)), 0, 0
		keys := makeKeys(b, l, many)
		b.ReportAllocs()
		for b.Loop() {
			i = (i + 61_803) % many // coprime to many: every key, in an order that does not suit a cache
			if l.Take(ctx, keys[i], 1).Allowed {
				n++
			}
		}
		all(b, n)
	})
	b.Run("100k/parallel", func(b *testing.B) {
		l := newLimiterWithKeys(b, many, ratelimit.PerMinute(1_000_000))
		keys := makeKeys(b, l, many)
		var n, seed atomic.Int64
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			mine, i := 0, int(seed.Add(1))*7919
			for pb.Next() {
				i = (i + 61_803) % many
				if l.Take(ctx, keys[i], 1).Allowed {
					mine++
				}
			}
			n.Add(int64(mine))
		})
		all(b, int(n.Load()))
	})
}

// Each key goes at exactly the pace of its limit, so each decision keeps a time and drops
// one.
func BenchmarkTakeAtPace(b *testing.B) {
	for _, nkeys := range []int{1, 50_000} {
		for _, quota := range []int{5, 16, 100} {
			b.Run(fmt.Sprintf("keys=%d/quota=%d", nkeys, quota), func(b *testing.B) {
				l := newLimiterWithKeys(b, nkeys, ratelimit.Limit{Quota: quota, Window: time.Second})
				keys := make([]ratelimit.Key, nkeys)
				for i := range keys {
					keys[i] = addrKey(i)
				}
				step := time.Second/time.Duration(quota)/time.Duration(nkeys) + 1
				n, i, now := 0, 0, time.Duration(0)
				for range nkeys * (quota + 1) {
					now += step
					i = (i + 6_183) % nkeys
					l.TakeAt(now, keys[i], 1)
				}
				b.ReportAllocs()
				for b.Loop() {
					now += step
					i = (i + 6_183) % nkeys
					if l.TakeAt(now, keys[i], 1).Allowed {
						n++
					}
				}
				if n < b.N*9/10 {
					b.Fatalf("admitted %d of %d", n, b.N)
				}
			})
		}
	}
}

func makeKeys(b *testing.B, l *ratelimit.Limiter, n int) []ratelimit.Key {
	keys := make([]ratelimit.Key, n)
	for i := range keys {
		keys[i] = addrKey(i)
		l.Take(ctx, keys[i], 1)
	}
	counted := 0
	for _, k := range keys {
		if d := l.Peek(ctx, k); d.Remaining == d.Limit-1 {
			counted++
		}
	}
	if counted < n*99/100 {
		b.Fatalf("only %d of %d keys have a counter of their own", counted, n)
	}
	return keys
}

func BenchmarkHandler(b *testing.B) {
	for name, tc := range map[string]struct {
		limit   ratelimit.Limit
		headers ratelimit.Headers
		status  int // 0: noopHandler writes nothing
	}{
		"admitted":           {ratelimit.PerSecond(100_000_000), ratelimit.HeadersAlways, 0},
		"admitted/noheaders": {ratelimit.PerSecond(100_000_000), ratelimit.HeadersNever, 0},
		"admitted/known":     {ratelimit.Limit{Quota: 8000, Window: time.Millisecond}, ratelimit.HeadersAlways, 0},
		"denied":             {ratelimit.PerHour(1), ratelimit.HeadersAlways, 429},
	} {
		b.Run(name, func(b *testing.B) {
			l, err := ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{tc.limit}, Key: ratelimit.ByClientIP, Headers: tc.headers})
			if err != nil {
				b.Fatal(err)
			}
			h, w := l.Handler(noopHandler), mwtest.NewDiscard()
			r := httptest.NewRequest("GET", "/", nil)
			for range 20_000 { // spends the quota of 1
				w.Reset()
				h.ServeHTTP(w, r)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, r)
				if w.Code == tc.status {
					n++
				}
			}
			if n != b.N {
				b.Fatalf("%d of %d were answered %d", n, b.N, tc.status)
			}
			if _, has := w.Header()["Ratelimit"]; has != (tc.headers == ratelimit.HeadersAlways) {
				b.Fatalf("headers %v", w.Header())
			}
		})
	}
}

// While the breaker is open a decision takes less than a microsecond.
func BenchmarkOpenBreaker(b *testing.B) {
	for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
		b.Run(policy.String(), func(b *testing.B) {
			s := &fakeStore{fail: errStore}
			l := buildWithStore(b, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerSecond(100_000_000)}, MaxKeys: 1, OnFailure: policy})
			for range 5 {
				l.Take(ctx, someKey, 1)
			}
			asked, n := s.calls, 0
			b.ReportAllocs()
			for b.Loop() {
				if d := l.Take(ctx, someKey, 1); d.Degraded && d.Allowed == (policy != ratelimit.FailClosed) {
					n++
				}
			}
			if n != b.N || s.calls-asked > 5+int(b.Elapsed()/(50*time.Millisecond)) {
				b.Fatalf("%d of %d decided without the store, which got %d calls", n, b.N, s.calls-asked)
			}
			if took := b.Elapsed() / time.Duration(b.N); b.N > 10_000 && took > time.Microsecond {
				b.Fatalf("a decision took %v", took)
			}
		})
	}
}
