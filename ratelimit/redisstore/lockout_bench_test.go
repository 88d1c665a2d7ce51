package redisstore

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A login costs two calls, next to a password hash of some hundred milliseconds;
// what is refused costs one, and no hash.
func BenchmarkLockout(b *testing.B) {
	server := redistest.Start(b)
	ctx := context.Background()
	setup := func(b *testing.B, cfg lockout.Config) *lockout.Guard {
		store := newStore(b, server.Addr, Config{Timeout: time.Second})
		store.client.FlushAll(ctx)
		b.ReportAllocs()
		return guarded(b, guards(b, store, "bench"), cfg)
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

func TestLockoutAllocs(t *testing.T) {
	l := guards(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "allocs")
	g := guarded(t, l, lockout.Config{})
	ctx := t.Context()
	mwtest.MaxAllocs(t, "Begin and Success", 36, func() {
		a, err := g.Begin(ctx, "ann", addrOf(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Success(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
