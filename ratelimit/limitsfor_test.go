package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A database of contracts: the quota of each customer.
type contractTable struct {
	mu     sync.Mutex
	quotas map[ratelimit.Key]int
	fail   error
	asked  int
}

func (c *contractTable) limitsFor(_ context.Context, key ratelimit.Key) ([]ratelimit.Limit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if n := c.quotas[key]; n != 0 && c.fail == nil {
		return []ratelimit.Limit{ratelimit.PerHour(n)}, nil
	}
	return nil, c.fail
}

func TestLimitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big, small, bad := ratelimit.StringKey("big"), ratelimit.StringKey("small"), ratelimit.StringKey("bad")
		db := &contractTable{quotas: map[ratelimit.Key]int{big: 200, bad: -1}}
		l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, LimitsFor: db.limitsFor, LimitsTTL: time.Minute})
		expect := func(what string, key ratelimit.Key, want, asked int) {
			t.Helper()
			if got := takeUnits(l, key, 300); got != want || db.asked != asked {
				t.Errorf("%s: %d admitted, LimitsFor was asked %d times; want %d and %d", what, got, db.asked, want, asked)
			}
		}
		expect("a contract", big, 200, 1)
		expect("no contract", small, 3, 2)
		expect("an impossible contract", bad, 3, 3)
		if d := l.Peek(ctx, bad); d.LimitsErr == nil || d.Limit != 3 {
			t.Errorf("an impossible contract: %+v", d)
		}
		if d := l.Peek(ctx, big); d.LimitsErr != nil || d.Limit != 200 {
			t.Errorf("a contract: %+v", d)
		}

		time.Sleep(time.Hour + time.Minute)
		db.fail = errStore
		expect("the database is away", big, 200, 4) // by the last answer
		if d := l.Take(ctx, big, 1); d.Allowed || !errors.Is(d.LimitsErr, errStore) {
			t.Errorf("the database is away: %+v", d)
		}
		if d := l.Take(ctx, ratelimit.StringKey("new"), 1); !d.Allowed || d.Limit != 3 || !errors.Is(d.LimitsErr, errStore) {
			t.Errorf("the database is away, and the key is new: %+v", d)
		}
		db.fail, db.quotas[big] = nil, 250
		time.Sleep(2 * time.Second)
		expect("a raised quota starts anew", big, 250, 6)
		if err := l.Reset(ctx, big); err != nil {
			t.Fatal(err)
		}
		expect("Reset", big, 250, 6)
	})
}

// Many requests of a key ask once, and a request whose client leaves is not remembered as
// a failure.
func TestLimitsForIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		l := build(t, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(3)},
			LimitsFor: func(ctx context.Context, _ ratelimit.Key) ([]ratelimit.Limit, error) {
				asked.Add(1)
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(time.Second):
					return []ratelimit.Limit{ratelimit.PerHour(200)}, nil
				}
			},
		})
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if d := l.Take(short, someKey, 1); !errors.Is(d.LimitsErr, context.DeadlineExceeded) {
			t.Errorf("%+v", d)
		}
		var all sync.WaitGroup
		var admitted atomic.Int32
		for range 100 {
			all.Go(func() {
				if d := l.Take(ctx, someKey, 1); d.Allowed && d.Limit == 200 {
					admitted.Add(1)
				}
			})
		}
		all.Wait()
		if asked.Load() != 2 || admitted.Load() != 100 {
			t.Errorf("asked %d times, %d admitted", asked.Load(), admitted.Load())
		}
	})
}

// A panic of LimitsFor reaches the caller, and the next request of the key asks anew.
func TestLimitsForMayPanic(t *testing.T) {
	panics := true
	l := build(t, ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(3)},
		LimitsFor: func(context.Context, ratelimit.Key) ([]ratelimit.Limit, error) {
			if panics {
				panic("planted")
			}
			return []ratelimit.Limit{ratelimit.PerHour(200)}, nil
		},
	})
	func() {
		defer func() {
			if recover() != "planted" {
				t.Error("no panic")
			}
		}()
		l.Take(ctx, someKey, 1)
	}()
	panics = false
	if d := l.Take(ctx, someKey, 1); d.Limit != 200 {
		t.Errorf("%+v", d)
	}
}

// However many different contracts there are, the memory is bounded, no quota in use is
// forgotten, and contracts without use make room.
func TestLimitsForIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quotas := map[ratelimit.Key]int{}
		l := build(t, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, LimitsTTL: 24 * time.Hour,
			LimitsFor: func(_ context.Context, key ratelimit.Key) ([]ratelimit.Limit, error) {
				return []ratelimit.Limit{ratelimit.PerHour(quotas[key])}, nil
			},
		})
		key := func(i int) ratelimit.Key { return ratelimit.StringKey(fmt.Sprint(i)) }
		before := heap()
		for i := range 300 {
			quotas[key(i)] = 100 + i
			want := 100 + i
			if i >= 256 {
				want = 3 // Config.Limits
			}
			if d := l.Take(ctx, key(i), 1); !d.Allowed || d.Limit != want || (d.LimitsErr != nil) != (i >= 256) {
				t.Fatalf("contract %d: %+v", i, d)
			}
		}
		if grown := heap() - before; grown > 256*(512<<10)+(64<<20) {
			t.Errorf("%d bytes", grown)
		}
		for i := range 256 {
			if d := l.Peek(ctx, key(i)); d.Remaining != 99+i {
				t.Fatalf("contract %d is forgotten: %+v", i, d)
			}
		}
		time.Sleep(3 * time.Hour)
		if d := l.Take(ctx, key(299), 1); d.Limit != 399 || d.LimitsErr != nil {
			t.Errorf("no room after the windows have passed: %+v", d)
		}
	})
}

func TestLimitsTTLIsChecked(t *testing.T) {
	limits := []ratelimit.Limit{ratelimit.PerHour(3)}
	for ttl, set := range map[time.Duration]bool{time.Millisecond: true, 25 * time.Hour: true, time.Minute: false} {
		cfg := ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP, LimitsTTL: ttl}
		if set {
			cfg.LimitsFor = (&contractTable{}).limitsFor
		}
		_, err := ratelimit.New(cfg)
		mwtest.Faults(t, err, "ratelimit: LimitsTTL")
	}
}
