package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// Eight processes ask for one limit at the same time: exactly the limit is granted,
// without an error.
func TestEightStoresShareOneLimit(t *testing.T) {
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

// A caller that shares a call gets the result that it would have got alone. Units asked
// for together are granted whole or not at all, and the granted units are exactly the
// spent ones.
func TestMixedTakesShareCalls(t *testing.T) {
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

// Units that are refunded while others ask are granted to others, once.
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
				// Count it before the refund is sent, so that no other caller counts
				// the unit as in use twice.
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

// A refusal that was on its way while the key's units were given back is not
// remembered.
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
		c.denied.record(&key, asked, refused, c.layout.denyFor[refused.Limit])
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

// Eight processes guess at one account at the same time: exactly the limit passes, and
// one process reports that the account is locked.
func TestEightProcessesShareOneAccount(t *testing.T) {
	addr := redistest.Start(t).Addr
	var thresholds atomic.Int64
	cfg := lockouttest.Plain
	cfg.OnThreshold = func(context.Context, lockout.Decision) { thresholds.Add(1) }
	processes := make([]*lockout.Guard, 8)
	for i := range processes {
		processes[i] = newGuard(t, newLockoutStore(t, newStore(t, addr, Config{Timeout: time.Second}), "race"), cfg)
	}
	for round := range 5 {
		account := fmt.Sprint("account ", round)
		var passed atomic.Int64
		var wg sync.WaitGroup
		thresholds.Store(0)
		for i := range 32 {
			wg.Go(func() {
				for j := range 20 { // from enough addresses, each with fewer guesses than its limit
					a, err := processes[i%8].Begin(context.Background(), account, addrOf(i+32*(j%10)))
					switch {
					case err == nil:
						passed.Add(1)
						if _, err := a.Failure(context.Background()); err != nil {
							t.Error(err)
						}
					case !errors.Is(err, lockout.ErrDelayed):
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if passed.Load() != 10 || thresholds.Load() != 1 {
			t.Errorf("round %d: %d of 640 passed, want 10; OnThreshold ran %d times", round, passed.Load(), thresholds.Load())
		}
	}
}

// The owner, at an address from which she has logged in, logs in as often as she likes
// on every process, while a thousand addresses lock her account.
func TestOwnerIsNeverLockedOut(t *testing.T) {
	addr := redistest.Start(t).Addr
	a := newGuard(t, newLockoutStore(t, newStore(t, addr, Config{Timeout: time.Second}), "owner"), lockouttest.Plain)
	b := newGuard(t, newLockoutStore(t, newStore(t, addr, Config{Timeout: time.Second}), "owner"), lockouttest.Plain)
	ctx := context.Background()
	if err := mwtest.Must[*lockout.Attempt](t)(a.Begin(ctx, "ann", addrOf(0))).Success(ctx); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 60 {
				if guess, err := a.Begin(ctx, "ann", addrOf(1+60*i+j)); err == nil {
					_, _ = guess.Failure(ctx)
				}
			}
		})
	}
	for range 100 {
		attempt, err := b.Begin(ctx, "ann", addrOf(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := attempt.Success(ctx); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if _, err := b.Begin(ctx, "ann", addrOf(5000)); !errors.Is(err, lockout.ErrDelayed) {
		t.Errorf("an unknown address was admitted: %v", err)
	}
}

// A token is good once, even if several clients redeem it at the same time.
func TestTokenIsRedeemedOnce(t *testing.T) {
	g := newGuard(t, newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "token"), lockouttest.Plain)
	ctx := context.Background()
	for round := range 10 {
		token := mwtest.Must[string](t)(g.Issue(ctx, "ann"))
		var good atomic.Int64
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				if err := g.Redeem(ctx, "ann", token, addrOf(i)); err == nil {
					good.Add(1)
				} else if !errors.Is(err, lockout.ErrToken) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if good.Load() != 1 {
			t.Errorf("round %d: redeemed %d times", round, good.Load())
		}
	}
}

// On a cluster the accounts are spread over its nodes, and each account is on one node.
func TestLockoutOnCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs(), ReadOnly: true})
	defer rdb.Close()
	s := mwtest.Must[*Store](t)(New(rdb, Config{Timeout: time.Second}))
	defer s.Close()
	l := newLockoutStore(t, s, "cluster")
	g := newGuard(t, l, lockouttest.Plain)
	ctx := context.Background()
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			account, passed := fmt.Sprint("account ", i), 0
			for j := range 20 {
				attempt, err := g.Begin(ctx, account, addrOf(j))
				if err != nil && !errors.Is(err, lockout.ErrDelayed) {
					t.Error(err)
				}
				if err != nil {
					continue
				}
				passed++
				if _, err := attempt.Failure(ctx); err != nil {
					t.Error(err)
				}
			}
			if passed != 10 {
				t.Errorf("%s: %d guesses, want 10", account, passed)
			}
			token, err := g.Issue(ctx, account)
			err = errors.Join(err, g.Redeem(ctx, account, token, addrOf(100)), g.Forget(ctx, account), g.Unlock(ctx, account))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var mu sync.Mutex
	nodes := map[string]int{}
	_ = s.client.UniversalClient.(*redis.ClusterClient).ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
		n := int(c.DBSize(ctx).Val())
		if n > 0 {
			mu.Lock()
			defer mu.Unlock()
			nodes[c.Options().Addr] = n
		}
		return nil
	})
	if len(nodes) != 3 {
		t.Errorf("keys of the nodes: %v", nodes)
	}
}
