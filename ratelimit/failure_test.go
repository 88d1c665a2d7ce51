package ratelimit_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// The breaker opens after five failures in a row and not before. Then one request at a
// time is a probe, and one answer closes the breaker. Each change is reported once.
func TestBreakerOpensAndProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{fail: errStore}
		type told struct {
			name string
			err  error
		}
		var states []told
		l := buildWithStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerSecond(100_000)}, MaxKeys: 1,
			OnState: func(name string, err error) { states = append(states, told{name, err}) },
		})
		for range 3 { // a success in between resets the count
			for range 4 {
				l.Take(ctx, someKey, 1)
			}
			s.set(func(s *fakeStore) { s.fail = nil })
			l.Take(ctx, someKey, 1)
			s.set(func(s *fakeStore) { s.fail = errStore })
		}
		if len(states) != 0 {
			t.Fatalf("the breaker opened too early: %+v", states)
		}
		for range 10 {
			if d := l.Take(ctx, someKey, 1); !d.Degraded || !d.Allowed {
				t.Errorf("%+v", d)
			}
		}
		if calls := s.set(func(*fakeStore) {}); calls != 3*5+5 {
			t.Errorf("%d calls, want no call after the fifth failure", calls)
		}
		if len(states) != 1 || states[0] != (told{"api", errStore}) {
			t.Fatalf("states %+v", states)
		}
		// The pauses grow from at most 100 ms to at most 2 s and are not all the same.
		pauses, last, calls := []time.Duration{}, time.Now(), s.set(func(*fakeStore) {})
		for len(pauses) < 12 {
			time.Sleep(time.Millisecond)
			l.Take(ctx, someKey, 1)
			l.Take(ctx, someKey, 1)
			if now := s.set(func(*fakeStore) {}); now != calls {
				if now != calls+1 {
					t.Fatalf("%d probes at a time", now-calls)
				}
				pauses, last, calls = append(pauses, time.Since(last)), time.Now(), now
			}
		}
		first, twelfth := pauses[0], pauses[11]
		same := pauses[9] == pauses[10] && pauses[10] == pauses[11]
		if first < 50*time.Millisecond || first > 102*time.Millisecond || twelfth < time.Second || twelfth > 2002*time.Millisecond || same {
			t.Errorf("pauses %v", pauses)
		}
		s.set(func(s *fakeStore) { s.fail = nil })
		time.Sleep(2 * time.Second)
		if d := l.Take(ctx, someKey, 1); d.Degraded || !d.Allowed || len(states) != 2 || states[1] != (told{"api", nil}) {
			t.Errorf("the breaker has not closed: %+v, %+v", d, states)
		}
	})
}

// While a probe waits for the store, no other request asks it.
func TestOneProbeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{fail: errStore}
		l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerSecond(1000)}, MaxKeys: 1})
		for range 5 {
			l.Take(ctx, someKey, 1)
		}
		s.set(func(s *fakeStore) { s.fail, s.hang, s.calls = nil, true, 0 })
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { l.Take(ctx, someKey, 1) })
		}
		wg.Wait()
		if calls := s.set(func(*fakeStore) {}); calls != 1 {
			t.Errorf("%d requests asked the store at a time", calls)
		}
	})
}

// A decision never waits longer than the budget, which its queries to the store share.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for budget, want := range map[time.Duration]time.Duration{
			0: 25 * time.Millisecond, 4 * time.Millisecond: 4 * time.Millisecond, time.Second: time.Second,
		} {
			s := &fakeStore{hang: true, budget: func(left time.Duration) {
				if left > want {
					t.Errorf("the store was given %v of %v", left, want)
				}
			}}
			l := buildWithStore(t, s, ratelimit.Config{
				Limits: []ratelimit.Limit{ratelimit.PerHour(3), {Quota: 1, Window: time.Hour, Shadow: true}}, MaxKeys: 1, Budget: budget,
			})
			began := time.Now()
			if d := l.Take(ctx, someKey, 1); !d.Degraded || !d.Allowed || time.Since(began) != want {
				t.Errorf("after %v: %+v", time.Since(began), d)
			}
		}
	})
}

// While the breaker is open a decision allocates as little as in memory.
func TestOpenBreakerAllocatesNothing(t *testing.T) {
	for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
		s := &fakeStore{fail: errStore}
		l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerSecond(100_000_000)}, MaxKeys: 1, OnFailure: policy})
		for s.calls < 8 { // until the pauses are longer than the rest of the test
			l.Take(ctx, someKey, 1)
		}
		before := s.calls
		mwtest.MaxAllocs(t, policy.String(), 0, func() {
			if d := l.Take(ctx, someKey, 1); !d.Degraded || d.Allowed != (policy != ratelimit.FailClosed) {
				t.Fatalf("%v: %+v", policy, d)
			}
		})
		if s.calls > before+1 {
			t.Errorf("%v: %d calls", policy, s.calls-before)
		}
	}
}

// This test proves FailLocal: with one process the bound holds in every window, across
// outages at any time.
func TestBoundHoldsAcrossOutages(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	for range 60 {
		synctest.Test(t, func(t *testing.T) {
			quota := 1 + rnd.IntN(50)
			limit := ratelimit.PerSecond(quota)
			s, admitted, degraded := &fakeStore{}, exactLog{}, 0
			l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{limit}, MaxKeys: 1})
			began := time.Now()
			for range 400 {
				if rnd.IntN(40) == 0 {
					s.set(func(s *fakeStore) {
						if s.fail = nil; rnd.IntN(2) == 0 {
							s.fail = errStore
						}
					})
				}
				time.Sleep(time.Duration(rnd.Int64N(int64(3 * time.Second / time.Duration(quota) / 2))))
				d := l.Take(ctx, someKey, 1)
				if d.Allowed {
					admitted = append(admitted, time.Since(began))
				}
				if d.Degraded {
					degraded++
				}
				if d.Allowed && rnd.IntN(4) == 0 && l.Refund(ctx, d, 1) == nil {
					admitted = admitted[:len(admitted)-1]
				}
			}
			if n := admitted.maxInWindow(time.Second); n > quota {
				t.Errorf("%d admitted in a second, want at most %d", n, quota)
			}
			if degraded == 0 {
				t.Log("no outage this time")
			}
		})
	}
}

// Processes that lose the store together admit little more than one quota together.
// They admit less than two quotas if one of them has spent a whole quota before.
func TestReplicasShareTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const quota, replicas = 100, 3
		s := &fakeStore{}
		var ls []*ratelimit.Limiter
		for range replicas {
			ls = append(ls, buildWithStore(t, s, ratelimit.Config{
				Limits: []ratelimit.Limit{ratelimit.PerMinute(quota)}, MaxKeys: 1, Replicas: replicas,
			}))
		}
		burst := func() (n int) {
			for range 2 * quota {
				for _, l := range ls {
					if l.Take(ctx, someKey, 1).Allowed {
						n++
					}
				}
			}
			return n
		}
		if n := burst(); n != quota {
			t.Errorf("%d admitted with the store", n)
		}
		s.set(func(s *fakeStore) { s.fail = errStore })
		if n := burst(); n > replicas {
			t.Errorf("%d more admitted without it", n)
		}
		time.Sleep(5 * time.Minute)
		n := burst()
		mwtest.Publish(t, "degraded.admitted", n)
		mwtest.Publish(t, "degraded.over", n-replicas*34)
		if n != replicas*34 {
			t.Errorf("%d admitted in an outage, want 34 each", n)
		}
		s.set(func(s *fakeStore) { s.fail = nil })
		time.Sleep(3 * time.Second)
		if n := burst(); n > replicas {
			t.Errorf("%d admitted right after the outage", n)
		}
		time.Sleep(5 * time.Minute)
		for range quota { // one process spends more than its share again
			if d := ls[0].Take(ctx, someKey, 1); !d.Allowed || d.Degraded {
				t.Fatalf("a minute later: %+v", d)
			}
		}
	})
}

// Processes that do not know each other admit a whole quota each in an outage.
func TestReplicasDetectMistakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const quota, replicas = 100, 3
		admitted := 0
		for range replicas {
			l := buildWithStore(t, &fakeStore{fail: errStore}, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(quota)}, MaxKeys: 1})
			for range 2 * quota {
				if l.Take(ctx, someKey, 1).Allowed {
					admitted++
				}
			}
		}
		mwtest.Publish(t, "degraded.mistake", admitted)
		if admitted <= replicas*34 {
			t.Errorf("%d admitted", admitted)
		}
	})
}

// With many goroutines and an unreliable store, the bound holds and there is no data
// race.
func TestOutageRace(t *testing.T) {
	s := &fakeStore{}
	var changes atomic.Int64
	l := buildWithStore(t, s, ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(1000)}, MaxKeys: 1, OnState: func(string, error) { changes.Add(1) },
	})
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				if i%50 == 0 {
					s.set(func(s *fakeStore) {
						if s.fail = nil; i%100 == 0 {
							s.fail = errStore
						}
					})
				}
				d := l.Take(ctx, someKey, 1)
				if d.Allowed && i%2 == 0 {
					_ = l.Refund(ctx, d, 1)
				} else if d.Allowed {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := admitted.Load(); n > 1000 {
		t.Errorf("%d admitted of 1000", n)
	}
}

// Retry-After is exact also when the store is back and both must admit. It comes from
// the store that refused, and not from the memory that had room.
func TestRetryAfterWhileBothMustAdmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{}
		cfg := ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(10)}, MaxKeys: 1}
		one, other := buildWithStore(t, s, cfg), buildWithStore(t, s, cfg)
		s.set(func(s *fakeStore) { s.fail = errStore })
		if !one.Take(ctx, someKey, 5).Allowed { // the store does not know of these units
			t.Fatal("refused")
		}
		s.set(func(s *fakeStore) { s.fail = nil })
		time.Sleep(1000 * time.Second)
		if !other.Take(ctx, someKey, 7).Allowed {
			t.Fatal("refused")
		}
		time.Sleep(1000 * time.Second)
		d := one.Take(ctx, someKey, 5)
		if d.Allowed || d.Degraded {
			t.Fatalf("%+v", d)
		}
		time.Sleep(d.RetryAfter)
		if again := one.Take(ctx, someKey, 5); !again.Allowed {
			t.Errorf("refused again after Retry-After %v, with %v more", d.RetryAfter, again.RetryAfter)
		}
	})
}

// While both must admit, Peek describes the one with fewer units left.
func TestPeekWhileBothMustAdmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{}
		l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(10)}, MaxKeys: 1})
		s.set(func(s *fakeStore) { s.fail = errStore })
		l.Take(ctx, someKey, 7)
		s.set(func(s *fakeStore) { s.fail = nil })
		if d := l.Peek(ctx, someKey); d.Remaining != 3 || d.Degraded {
			t.Errorf("%+v", d)
		}
		l.Take(ctx, someKey, 3)
		if d := l.Peek(ctx, someKey); d.Allowed || d.RetryAfter <= 0 {
			t.Errorf("%+v", d)
		}
	})
}

// A decision may take the whole budget, before an outage or after it. A request counts
// from the time at which it begins to run, and not from the start of the decision.
func TestBoundHoldsWithSlowDecisions(t *testing.T) {
	for _, quota := range []int{10, 40} {
		limit := ratelimit.Limit{Quota: quota, Window: 100 * time.Millisecond}
		synctest.Test(t, func(t *testing.T) { // the store answers late, and then fails
			s := &fakeStore{slow: 20 * time.Millisecond}
			l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{limit}, MaxKeys: 1})
			if !l.Take(ctx, someKey, quota).Allowed {
				t.Error("refused")
			}
			s.set(func(s *fakeStore) { s.fail, s.slow = errStore, 0 })
			for range 94 {
				time.Sleep(time.Millisecond)
				if d := l.Take(ctx, someKey, 1); d.Allowed {
					t.Fatal("more than the quota in a window")
				}
			}
		})
		synctest.Test(t, func(t *testing.T) { // the store fails late, and then is back
			s := &fakeStore{hang: true}
			l := buildWithStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{limit}, MaxKeys: 1})
			if !l.Take(ctx, someKey, quota).Allowed {
				t.Error("refused")
			}
			s.set(func(s *fakeStore) { s.hang = false })
			for range 94 {
				time.Sleep(time.Millisecond)
				if d := l.Take(ctx, someKey, 1); d.Allowed {
					t.Fatal("more than the quota in a window")
				}
			}
		})
	}
}

func TestOnFailureOverTheWire(t *testing.T) {
	for policy, want := range map[ratelimit.OnFailure][]int{
		ratelimit.FailLocal: {200, 200, 429, 429}, ratelimit.FailClosed: {503, 503, 503, 503}, ratelimit.FailOpen: {200, 200, 200, 200},
	} {
		s := &fakeStore{fail: errStore}
		var seen []ratelimit.Decision
		l := buildWithStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, OnFailure: policy, Replicas: 2, MaxKeys: 1,
			Observe: func(_ *http.Request, d ratelimit.Decision) { seen = append(seen, d) },
		})
		h := l.Handler(&mwtest.Spy{})
		for i, status := range want {
			res := get(h)
			d := seen[i]
			if res.StatusCode != status || !d.Degraded || d.Allowed != (status == 200) || d.Allowed && !errors.Is(d.Err, errStore) {
				t.Errorf("%v: %d, %+v", policy, res.StatusCode, d)
			}
			if policy != ratelimit.FailLocal && (res.Header.Get("RateLimit") != "" || seen[i].Name != "") {
				t.Errorf("%v: nothing was counted, but the headers are %v", policy, res.Header)
			}
			switch status {
			case 429:
				mwtest.Refused(t, res, 429, "rate_limited")
				if res.Header.Get("RateLimit-Policy") != `"api-hour";q=3;w=3600` {
					t.Errorf("the policy must not change: %v", res.Header)
				}
			case 503:
				mwtest.Refused(t, res, 503, "limiter_unavailable")
				mwtest.OnlyHeaders(t, res.Header, "Retry-After", "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id")
				if res.Header.Get("Retry-After") != "1" || !errors.Is(seen[i].Err, ratelimit.ErrUnavailable) || !errors.Is(seen[i].Err, errStore) {
					t.Errorf("Retry-After %q, %v", res.Header.Get("Retry-After"), seen[i].Err)
				}
			}
		}
	}
}
