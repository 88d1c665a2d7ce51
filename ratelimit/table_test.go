package ratelimit_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A flood of new keys must not grow the memory, must not give back a spent quota, and
// must not shut out later keys.
func TestFloodOfKeys(t *testing.T) {
	const cap, flood = 16_384, 500_000
	before := heap()
	l := newLimiterWithKeys(t, cap, ratelimit.PerMinute(100), ratelimit.PerHour(1000))
	empty := heap()
	refused := make([]ratelimit.Key, 50)
	for i := range refused {
		refused[i] = addrKey(1<<23 + i)
		for range 100 {
			l.TakeAt(time.Second, refused[i], 1)
		}
	}
	for i := range flood {
		l.TakeAt(time.Second+time.Duration(i)*time.Microsecond, addrKey(i), 1)
		if i%1000 == 0 {
			for _, k := range refused {
				if l.TakeAt(time.Second+time.Duration(i)*time.Microsecond, k, 1).Allowed {
					t.Fatalf("a key that had used up its quota was admitted after %d new keys", i)
				}
			}
		}
	}
	if grown := heap() - empty; grown > 64<<10 {
		t.Errorf("the flood took %d bytes", grown)
	}
	// The doc comment of MaxKeys promises 70 bytes a key, and for each limit 34, and 17
	// times the quota or 544.
	if size := float64(empty-before) / cap; size > 70+(34+17*100)+(34+544)+10 {
		t.Errorf("%.0f bytes a key", size)
	}
	others, admitted := 1000, 0
	for i := range others {
		for range 10 {
			if l.TakeAt(2*time.Second, addrKey(1<<22+i), 1).Allowed {
				admitted++
			}
		}
	}
	// The flood used some 15 requests of every cell, so most of 100 are left.
	if admitted < others*10*95/100 {
		t.Errorf("after the flood %d of %d requests of other keys were admitted", admitted, others*10)
	}
	// Two hours later all requests have left the windows.
	for _, k := range refused {
		if d := l.TakeAt(2*time.Hour, k, 1); d.Remaining != 99 {
			t.Errorf("two hours later: %+v", d)
		}
	}
	runtime.KeepAlive(l)
}

// With many more keys than cells, all in the single row of the smallest table, the
// bound holds for each key, and RetryAfter is exact.
func TestBoundHoldsWhenKeysShare(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	checkedWaits := 0
	for round := range 120 {
		limits := randomLimits(rnd)
		if round%2 == 0 { // buckets with a small quota
			limits = []ratelimit.Limit{ratelimit.PerSecond(17 + rnd.IntN(4))}
		}
		pause := 1 + rnd.IntN(40)
		nkeys := 10 + rnd.IntN(60)
		longest := limits[0].Window
		for _, l := range limits {
			longest = max(longest, l.Window)
		}
		type request struct {
			at  time.Duration
			key ratelimit.Key
		}
		var asked []request
		admitted := make([]exactLog, nkeys)
		l, now, checked := newLimiter(t, limits...), time.Duration(0), 0
		for range 2500 {
			if rnd.IntN(pause) == 0 {
				now += time.Duration(rnd.Int64N(int64(longest) / (1 << rnd.IntN(12))))
			}
			k := rnd.IntN(1 + rnd.IntN(nkeys)) // some keys much more often than others
			key := addrKey(k)
			asked = append(asked, request{now, key})
			d := l.TakeAt(now, key, 1)
			if d.Allowed {
				if !admitted[k].fits(limits, now) {
					t.Fatalf("%v, %d keys: key %d was admitted above a limit at %v", limits, nkeys, k, now)
				}
				admitted[k] = append(admitted[k], now)
				continue
			}
			if checked++; checked%100 != 0 {
				continue
			}
			checkedWaits++
			for _, early := range []time.Duration{1, 0} {
				again := newLimiter(t, limits...)
				for _, r := range asked {
					again.TakeAt(r.at, r.key, 1)
				}
				if again.TakeAt(now+d.RetryAfter-early, key, 1).Allowed != (early == 0) {
					t.Fatalf("%v: RetryAfter %v is not exact", limits, d.RetryAfter)
				}
			}
		}
	}
	if checkedWaits < 500 {
		t.Errorf("only %d refusals were checked", checkedWaits)
	}
}

// If every key of a row has used up its quota, new keys share one quota: they get
// not a quota each.
func TestKeysInAFullRowShareOneQuota(t *testing.T) {
	for _, quota := range []int{5, 50} {
		l := newLimiter(t, ratelimit.PerMinute(quota))
		full := 0
		for i := range 100 {
			for range quota {
				l.TakeAt(time.Second, addrKey(i), 1)
			}
			if l.TakeAt(time.Second, addrKey(i), 1).Allowed {
				t.Fatal("a key got more than its quota")
			}
			full++
		}
		d := l.TakeAt(time.Second, addrKey(1000), 1)
		if d.Allowed {
			t.Errorf("quota %d: a new key after %d full keys: %+v, want a refusal", quota, full, d)
		}
		if d = l.TakeAt(time.Second+d.RetryAfter, addrKey(1000), 1); !d.Allowed {
			t.Errorf("quota %d: refused after waiting: %+v", quota, d)
		}
	}
}

// With many goroutines, exactly the quota is admitted.
func TestRace(t *testing.T) {
	for _, quota := range []int{7, 100} {
		l := newLimiterWithKeys(t, 1000, ratelimit.PerHour(quota), ratelimit.Limit{Quota: 10 * quota, Window: 24 * time.Hour})
		var admitted [8]int
		var wg sync.WaitGroup
		for g := range admitted {
			wg.Go(func() {
				for i := range 500 {
					if l.Take(ctx, someKey, 1).Allowed {
						admitted[g]++
					}
					if d := l.Peek(ctx, someKey); d.Remaining < 0 {
						t.Error(d)
					}
					l.Take(ctx, addrKey(g*500+i%3), 1)
				}
			})
		}
		wg.Wait()
		sum := 0
		for _, n := range admitted {
			sum += n
		}
		if sum != quota {
			t.Errorf("%d admitted of a quota of %d", sum, quota)
		}
	}
}
