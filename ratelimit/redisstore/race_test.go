package redisstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Eight processes, one limit, everybody at once: exactly the limit, no error.
func TestEightStoresOneLimit(t *testing.T) {
	addr := redistest.Start(t).Addr
	for _, quota := range []int{10, 100} {
		counters := make([]*counter, 8)
		for i := range counters {
			counters[i] = open(t, newStore(t, addr, Config{Timeout: time.Second}), fmt.Sprint("race-", quota), ratelimit.PerHour(quota))
		}
		for round := range 5 {
			var granted atomic.Int64
			var wg sync.WaitGroup
			for i := range 1920 {
				wg.Go(func() {
					got, err := counters[i%8].Take(context.Background(), keyOf(round), 1, false)
					if err != nil {
						t.Error(err)
					}
					granted.Add(int64(got.Granted))
				})
			}
			wg.Wait()
			if granted.Load() != int64(quota) {
				t.Errorf("round %d: %d granted of %d", round, granted.Load(), quota)
			}
		}
	}
}

// Whoever shares a call gets what it would have got alone: units asked for in
// one go are granted whole or not at all, and what is granted is what is spent.
func TestMixedCallsShare(t *testing.T) {
	c := open(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second, Refusals: -1}), "mixed", ratelimit.PerHour(1000))
	var spent [4]atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 60 {
				n, atMost := 1+(i+j)%3*(j%2), j%5 == 0
				got, err := c.Take(context.Background(), keyOf(j%4), n, atMost)
				if err != nil {
					t.Error(err)
				}
				if got.Granted != 0 && got.Granted != n && (!atMost || got.Granted > n) {
					t.Errorf("%d of %d granted", got.Granted, n)
				}
				spent[j%4].Add(int64(got.Granted))
			}
		})
	}
	wg.Wait()
	for i := range spent {
		if left := take(t, c, keyOf(i), 0, false).Left; left != 1000-spent[i].Load() {
			t.Errorf("key %d: %d left after %d", i, left, spent[i].Load())
		}
	}
}

// Units that are given back while others ask are given to others, once.
func TestRefundRaces(t *testing.T) {
	const quota = 50
	addr := redistest.Start(t).Addr
	a := open(t, newStore(t, addr, Config{Timeout: time.Second}), "refund", ratelimit.PerHour(quota))
	b := open(t, newStore(t, addr, Config{Timeout: time.Second, Refusals: -1}), "refund", ratelimit.PerHour(quota))
	var kept atomic.Int64
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for range 30 {
				c := a
				if i%2 == 0 {
					c = b
				}
				got, err := c.Take(context.Background(), keyOf(1), 1, false)
				if err != nil {
					t.Error(err)
				}
				if kept.Add(int64(got.Granted)) > quota {
					t.Error("more in use than the quota")
				}
				if got.Granted == 0 || i%4 == 0 {
					continue
				}
				// Before it is sent: nobody may count it as in use twice.
				kept.Add(-1)
				if err := c.Refund(context.Background(), keyOf(1), 1, got.Stamp); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if left := take(t, b, keyOf(1), 0, false).Left; left != quota-kept.Load() {
		t.Errorf("%d left, %d kept", left, kept.Load())
	}
}

func TestReset(t *testing.T) {
	c := open(t, newStore(t, redistest.Start(t).Addr, Config{}), "reset", ratelimit.PerHour(20))
	take(t, c, keyOf(1), 20, false)
	if got := take(t, c, keyOf(1), 1, false); got.Granted != 0 {
		t.Fatalf("%+v", got)
	}
	if got := take(t, c, keyOf(1), 1, false); got.Granted != 0 || got.Wait <= 0 {
		t.Fatalf("from memory: %+v", got)
	}
	if err := c.Reset(context.Background(), keyOf(1)); err != nil {
		t.Fatal(err)
	}
	if got := take(t, c, keyOf(1), 20, false); got.Granted != 20 {
		t.Fatalf("after Reset: %+v", got)
	}
}

// A refusal that was on its way while the key was given back is not remembered.
func TestRefusalFromBeforeResetIsForgotten(t *testing.T) {
	c := open(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "note", ratelimit.PerHour(20))
	ctx, key := context.Background(), keyOf(1)
	for name, give := range map[string]func(ratelimit.Count) error{
		"Reset":  func(ratelimit.Count) error { return c.Reset(ctx, key) },
		"Refund": func(all ratelimit.Count) error { return c.Refund(ctx, key, 20, all.Stamp) },
	} {
		all := take(t, c, key, 20, false)
		asked := time.Now()
		refused, _, err := c.queue(&key).take(ctx, asked, request{key: key, n: 1, deadline: asked.Add(time.Second)})
		if err != nil || refused.Granted != 0 || refused.Cached {
			t.Fatal(refused, err)
		}
		if err := give(all); err != nil {
			t.Fatal(err)
		}
		c.denied.note(&key, asked, refused, c.layout.brief[refused.Limit])
		if got := take(t, c, key, 20, false); got.Granted != 20 {
			t.Errorf("after %s: %+v", name, got)
		}
		if got := take(t, c, key, 1, false); got.Granted != 0 || got.Cached {
			t.Errorf("after %s: %+v", name, got)
		}
		if got := take(t, c, key, 1, false); !got.Cached {
			t.Errorf("after %s nothing is remembered any more: %+v", name, got)
		}
		if err := c.Reset(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
}
