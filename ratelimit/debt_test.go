package ratelimit_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// One late answer about one key costs other keys nothing. It costs that key nothing
// either once it has left the windows.
func TestStoreFailureAffectsOneKey(t *testing.T) {
	failed, other := ratelimit.StringKey("failed"), ratelimit.StringKey("other")
	for name, limits := range map[string][]ratelimit.Limit{
		"one window of buckets": {{Quota: 1000, Window: 24 * time.Hour}},
		"two windows":           {ratelimit.PerMinute(1000), {Quota: 1001, Window: 24 * time.Hour}},
		"a window of times":     {{Quota: 10, Window: 24 * time.Hour}},
		"with Shadow":           {ratelimit.PerMinute(1000), {Quota: 20_000, Window: 24 * time.Hour, Shadow: true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &fakeStore{}
			l := buildWithStore(t, s, ratelimit.Config{Limits: limits, Replicas: 10, MaxKeys: 8})
			s.set(func(s *fakeStore) { s.fail = errStore })
			if d := l.Take(ctx, failed, 1); !d.Allowed || !d.Degraded {
				t.Errorf("%s: %+v", name, d)
			}
			s.set(func(s *fakeStore) { s.fail = nil })
			quota, share := limits[0].Quota, (limits[0].Quota+9)/10
			if n := takeUnits(l, other, quota+1); n != quota {
				t.Errorf("%s: another key got %d of %d after the failure", name, n, quota)
			}
			if n := takeUnits(l, failed, quota+1); n != share-1 {
				t.Errorf("%s: the failed key got %d, want the %d that are left of its share", name, n, share-1)
			}
			time.Sleep(3 * 24 * time.Hour)
			if n := takeUnits(l, failed, quota+1); n != quota {
				t.Errorf("%s: days later the key got %d of %d", name, n, quota)
			}
		})
	}
}

// shadowFailingStore is a store that fails for limits with Shadow.
type shadowFailingStore struct {
	*fakeStore
	fails bool
}

type shadowFailingCounter struct {
	ratelimit.Counter
	s *shadowFailingStore
}

func (s *shadowFailingStore) Open(name string, limits []ratelimit.Limit) (ratelimit.Counter, error) {
	c, err := s.fakeStore.Open(name, limits)
	if name == "api||shadow" {
		c = &shadowFailingCounter{c, s}
	}
	return c, err
}

func (f *shadowFailingCounter) Take(ctx context.Context, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	if f.s.fails {
		return ratelimit.Count{}, errStore
	}
	return f.Counter.Take(ctx, key, n, atMost)
}

// A limit with Shadow refuses nothing, even if its store fails.
func TestShadowStoreFailureRefusesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shadowFailingStore{fakeStore: &fakeStore{}}
		l := build(t, ratelimit.Config{Name: "api", Store: s, Replicas: 10, MaxKeys: 8, Limits: []ratelimit.Limit{
			ratelimit.PerMinute(1000), {Quota: 20_000, Window: 24 * time.Hour, Shadow: true},
		}})
		s.fails = true
		l.Take(ctx, someKey, 1)
		s.fails = false
		time.Sleep(12 * time.Hour)
		shadowed := 0
		for range 1000 {
			d := l.Take(ctx, someKey, 1)
			if !d.Allowed {
				t.Fatalf("refused: %+v", d)
			}
			if d.Shadowed != "" {
				shadowed++
			}
		}
		if d := l.Take(ctx, someKey, 1); d.Allowed || d.Degraded {
			t.Errorf("one more than the quota: %+v", d)
		}
		if shadowed != 0 {
			t.Errorf("%d requests were shadowed", shadowed)
		}
	})
}

// Reset forgets the debt of a key as well.
func TestResetForgetsDebt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{fail: errStore}
		l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(50)}, Replicas: 10, MaxKeys: 1})
		l.Take(ctx, someKey, 1)
		s.set(func(s *fakeStore) { s.fail = nil })
		if err := l.Reset(ctx, someKey); err != nil {
			t.Fatal(err)
		}
		if n := takeUnits(l, someKey, 60); n != 50 {
			t.Errorf("%d of 50 after a Reset", n)
		}
	})
}

// The bound holds across outages for every key, also for keys that lose their cells
// during an outage: a row of sixteen cells, and three times as many keys.
func TestBoundHoldsAcrossOutagesWhenKeysShare(t *testing.T) {
	for _, quota := range []int{3, 40} {
		synctest.Test(t, func(t *testing.T) {
			const keys = 48
			s := &fakeStore{}
			l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(quota)}, MaxKeys: 1})
			admitted := make([]exactLog, keys)
			began := time.Now()
			request := func(k, n int) {
				for range n {
					if l.Take(ctx, addrKey(k), 1).Allowed {
						admitted[k] = append(admitted[k], time.Since(began))
					}
				}
			}
			for outage := range 6 {
				s.set(func(s *fakeStore) { s.fail = errStore })
				for i := range keys {
					time.Sleep(100 * time.Millisecond)
					request((i*7+outage)%keys, 1+i%quota)
				}
				s.set(func(s *fakeStore) { s.fail = nil })
				time.Sleep(5 * time.Second)
				for k := range keys {
					request(k, quota)
				}
				time.Sleep(time.Duration(outage) * 13 * time.Second)
			}
			total := 0
			for k := range keys {
				total += len(admitted[k])
				if n := admitted[k].maxInWindow(time.Minute); n > quota {
					t.Errorf("key %d: %d in a minute, want at most %d", k, n, quota)
				}
			}
			if total < keys*quota/2 {
				t.Errorf("only %d requests were admitted", total)
			}
		})
	}
}
