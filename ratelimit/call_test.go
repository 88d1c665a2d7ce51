package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// corruptKeyError is the error of a store that cannot read the value of one key.
type corruptKeyError struct{ ofKey bool }

func (corruptKeyError) Error() string { return "garbage" }

func (e corruptKeyError) OfKey() bool { return e.ofKey }

func (e corruptKeyError) wrapped() error { return fmt.Errorf("store: %w", e) }

// OnFailure decides the requests of a key that the store cannot read, any number of
// them, and no request of another key.
func TestCorruptKeyIsNoStoreFailure(t *testing.T) {
	for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
		s := &fakeStore{}
		l := buildWithStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(30)}, MaxKeys: 1, OnFailure: policy,
			OnState: func(_ string, err error) { t.Errorf("%v: %v", policy, err) },
		})
		taken := l.Take(ctx, someKey, 1)
		s.set(func(s *fakeStore) { s.fail = corruptKeyError{true}.wrapped() })
		for range 20 {
			d := l.Take(ctx, someKey, 1)
			if !d.Degraded || d.Allowed != (policy != ratelimit.FailClosed) || !errors.Is(d.Err, corruptKeyError{true}) {
				t.Errorf("%v: %+v", policy, d)
			}
			if err := l.Refund(ctx, taken, 1); !errors.Is(err, corruptKeyError{true}) {
				t.Errorf("%v: refunded: %v", policy, err)
			}
		}
		s.set(func(s *fakeStore) { s.fail = nil })
		if d := l.Take(ctx, ratelimit.StringKey("another"), 1); d.Degraded || !d.Allowed {
			t.Errorf("%v: another key: %+v", policy, d)
		}
	}
}

// An error whose OfKey returns false is a failure like any other. An error about a key
// is an answer, so it closes an open breaker.
func TestCorruptKeyClosesTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []error
		s := &fakeStore{fail: corruptKeyError{false}}
		l := buildWithStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(30)}, MaxKeys: 1,
			OnState: func(_ string, err error) { states = append(states, err) },
		})
		for range 5 {
			l.Take(ctx, someKey, 1)
		}
		if len(states) != 1 || states[0] == nil {
			t.Fatalf("%+v", states)
		}
		s.set(func(s *fakeStore) { s.fail = corruptKeyError{true} })
		time.Sleep(time.Second)
		l.Take(ctx, someKey, 1)
		if len(states) != 2 || states[1] != nil {
			t.Errorf("%+v", states)
		}
	})
}

// A cached answer does not prove that the store works, and the next request can still
// be the probe.
func TestCachedAnswerLeavesTheBreakerAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []error
		s := &fakeStore{fail: errStore}
		l := buildWithStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(30)}, MaxKeys: 1, OnFailure: ratelimit.FailClosed,
			OnState: func(_ string, err error) { states = append(states, err) },
		})
		cached := func(on bool) {
			s.set(func(s *fakeStore) {
				s.fail, s.alter = errStore, nil
				if on {
					s.fail, s.alter = nil, func(c *ratelimit.Count) { *c = ratelimit.Count{Wait: time.Minute, Cached: true} }
				}
			})
		}
		for range 4 { // cached answers do not interrupt failures in a row
			l.Take(ctx, someKey, 1)
			cached(true)
			if d := l.Take(ctx, someKey, 1); d.Allowed || d.Degraded || d.RetryAfter != time.Minute {
				t.Errorf("%+v", d)
			}
			cached(false)
		}
		l.Take(ctx, someKey, 1)
		if len(states) != 1 {
			t.Fatalf("%+v after five failures", states)
		}
		time.Sleep(time.Second)
		cached(true)
		for range 10 {
			if d := l.Take(ctx, someKey, 1); d.Degraded {
				t.Errorf("%+v", d)
			}
		}
		if len(states) != 1 {
			t.Errorf("a cached answer has closed the breaker: %+v", states)
		}
		s.set(func(s *fakeStore) { s.fail, s.alter = nil, nil })
		if d := l.Take(ctx, someKey, 1); d.Degraded || len(states) != 2 {
			t.Errorf("the breaker has not closed: %+v, %+v", d, states)
		}
	})
}

// A request counts as one failure of the store, even if it asks about several sets of
// limits.
func TestOneRequestCountsAsOneFailure(t *testing.T) {
	for name, limits := range map[string][]ratelimit.Limit{
		"one set":     {ratelimit.PerHour(30)},
		"with Shadow": {ratelimit.PerHour(30), {Quota: 20, Window: time.Hour, Shadow: true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, failures := &fakeStore{}, 0
			given := false
			l := buildWithStore(t, s, ratelimit.Config{Limits: limits, MaxKeys: 1, OnState: func(string, error) { given = true }})
			taken := l.Take(ctx, someKey, 1)
			s.set(func(s *fakeStore) { s.hang = true })
			for ; !given; failures++ {
				if failures%2 == 0 {
					_ = l.Refund(context.Background(), taken, 1)
					continue
				}
				if d := l.Take(ctx, someKey, 1); !d.Allowed || !d.Degraded {
					t.Errorf("%s: %+v", name, d)
				}
			}
			if failures != 5 {
				t.Errorf("%s: the breaker opened after %d requests, want 5", name, failures)
			}
		})
	}
}

// A contextKeeper is a store that keeps the contexts that it gets, against its promise.
type contextKeeper struct {
	mu   sync.Mutex
	kept []context.Context
}

func (h *contextKeeper) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) { return h, nil }

func (h *contextKeeper) Take(ctx context.Context, _ [16]byte, n int, _ bool) (ratelimit.Count, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = append(h.kept, ctx)
	return ratelimit.Count{Granted: n, Left: 1}, ctx.Err()
}

func (h *contextKeeper) Refund(context.Context, [16]byte, int, ratelimit.Stamp) error { return nil }

func (h *contextKeeper) Reset(context.Context, [16]byte) error { return nil }

type requestID struct{}

// Each decision has a context of its own. A store that keeps it has a context that has
// ended, and never the context of another request.
func TestEachDecisionHasItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &contextKeeper{}
		l := build(t, ratelimit.Config{Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(100)}, Store: h, Budget: 10 * time.Millisecond})
		began := time.Now()
		for id := range 50 {
			l.Take(context.WithValue(ctx, requestID{}, id), someKey, 1)
			time.Sleep(time.Millisecond)
		}
		for id, kept := range h.kept {
			end, ok := kept.Deadline()
			if want := began.Add(time.Duration(id+10) * time.Millisecond); !ok || !end.Equal(want) {
				t.Errorf("%d: deadline %v, want %v", id, end, want)
			}
			if kept.Value(requestID{}) != id {
				t.Errorf("%d: the context of request %v", id, kept.Value(requestID{}))
			}
			select {
			case <-kept.Done():
			default:
				t.Errorf("%d: the context has not ended", id)
			}
			child, cancel := context.WithCancel(kept)
			if !errors.Is(kept.Err(), context.Canceled) || !errors.Is(context.Cause(kept), context.Canceled) || child.Err() == nil {
				t.Errorf("%d: error %v, cause %v, error of its child %v", id, kept.Err(), context.Cause(kept), child.Err())
			}
			cancel()
		}
	})
}

// deadlineStore is a deadlineTaker, like the store of package redisstore.
type deadlineStore struct {
	contextKeeper
	deadlines []time.Time
}

func (p *deadlineStore) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) { return p, nil }

func (p *deadlineStore) TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	p.deadlines = append(p.deadlines, deadline)
	return p.Take(ctx, key, n, atMost)
}

// A deadlineTaker gets the context of the request unchanged, and a deadline. The
// deadline is the same for both queries of one decision, and comes from the clock,
// even if the decision is for another time.
func TestDeadlineTakerGetsTheRequestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &deadlineStore{}
		l := build(t, ratelimit.Config{
			Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(100), {Quota: 50, Window: time.Hour, Shadow: true}},
			Store: p, Budget: 10 * time.Millisecond,
		})
		time.Sleep(time.Second)
		parent := context.WithValue(ctx, requestID{}, 1)
		l.Take(parent, someKey, 1)
		l.TakeAt(time.Hour, someKey, 1)
		if len(p.deadlines) != 4 || p.kept[0] != parent || p.kept[1] != parent {
			t.Fatalf("%d calls, contexts %v", len(p.deadlines), p.kept)
		}
		for i, d := range p.deadlines {
			if !d.Equal(time.Now().Add(10 * time.Millisecond)) {
				t.Errorf("%d: %v", i, time.Until(d))
			}
		}
	})
}

// A request with a deadline of its own counts as a failure of a hanging store if the
// deadline left the store half the budget. A shorter deadline does not count, and
// neither does a client that has left. No policy admits any of these requests.
func TestTimeoutCountsAgainstTheStoreAfterHalfTheBudget(t *testing.T) {
	const budget = 20 * time.Millisecond
	for _, tt := range []struct {
		name   string
		parent func(context.Context) (context.Context, context.CancelFunc)
		want   error
		blamed bool
	}{
		{"less than half the budget", withTimeout(9 * time.Millisecond), context.DeadlineExceeded, false},
		{"half the budget", withTimeout(10 * time.Millisecond), context.DeadlineExceeded, true},
		{"nearly all of the budget", withTimeout(19 * time.Millisecond), context.DeadlineExceeded, true},
		{"client leaves", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, leave := context.WithCancel(ctx)
			time.AfterFunc(19*time.Millisecond, leave)
			return ctx, leave
		}, context.Canceled, false},
		{"client leaves before its deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, leave := context.WithTimeout(ctx, 19*time.Millisecond)
			time.AfterFunc(18*time.Millisecond, leave)
			return ctx, leave
		}, context.Canceled, false},
		{"deadline passed before the call", withTimeout(-time.Hour), context.DeadlineExceeded, false},
	} {
		for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
			synctest.Test(t, func(t *testing.T) {
				s, states := &fakeStore{hang: true}, 0
				l := buildWithStore(t, s, ratelimit.Config{
					Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, OnFailure: policy, Budget: budget,
					OnState: func(string, error) { states++ },
				})
				for i := range 5 {
					parent, leave := tt.parent(t.Context())
					if d := l.Take(parent, someKey, 1); d.Allowed || d.Degraded || !errors.Is(d.Err, tt.want) {
						t.Errorf("%s, %v, %d: %+v", tt.name, policy, i, d)
					}
					leave()
				}
				if (states == 1) != tt.blamed {
					t.Errorf("%s, %v: %d calls of OnState", tt.name, policy, states)
				}
				s.set(func(s *fakeStore) { s.hang = false })
				time.Sleep(time.Second)
				if n := takeUnits(l, someKey, 6); n != 5 {
					t.Errorf("%s, %v: %d of 5 are left", tt.name, policy, n)
				}
			})
		}
	}
}

func withTimeout(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
}

// A refund that the store does not answer in time counts by the same rule.
func TestRefundTimeoutCountsAfterHalfTheBudget(t *testing.T) {
	for limit, blamed := range map[time.Duration]bool{time.Millisecond: false, 15 * time.Millisecond: true} {
		synctest.Test(t, func(t *testing.T) {
			s, states := &fakeStore{}, 0
			l := buildWithStore(t, s, ratelimit.Config{
				Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, OnState: func(string, error) { states++ },
			})
			d := l.Take(ctx, someKey, 5)
			s.set(func(s *fakeStore) { s.hang = true })
			for range 5 {
				parent, leave := context.WithTimeout(t.Context(), limit)
				if err := l.Refund(parent, d, 1); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				leave()
			}
			if (states == 1) != blamed {
				t.Errorf("%v: %d calls of OnState", limit, states)
			}
		})
	}
}

// lateTimerContext is a context whose timer has not fired when its deadline has passed.
type lateTimerContext struct {
	context.Context
	end time.Time
}

func (l lateTimerContext) Deadline() (time.Time, bool) { return l.end, true }

// clockStore is a store that reads the clock, and returns before the timer fires.
type clockStore struct{ deadlineStore }

func (w *clockStore) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) { return w, nil }

func (w *clockStore) TakeUntil(ctx context.Context, _ time.Time, _ [16]byte, _ int, _ bool) (ratelimit.Count, error) {
	end, _ := ctx.Deadline()
	time.Sleep(time.Until(end))
	return ratelimit.Count{}, context.DeadlineExceeded
}

// The result is the same if the store returns before the timer of the request fires.
func TestDeadlinePassesBeforeItsTimerFires(t *testing.T) {
	for limit, blamed := range map[time.Duration]bool{9 * time.Millisecond: false, 15 * time.Millisecond: true} {
		synctest.Test(t, func(t *testing.T) {
			states := 0
			l := build(t, ratelimit.Config{
				Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, Store: &clockStore{}, Budget: 20 * time.Millisecond,
				OnState: func(string, error) { states++ },
			})
			for range 5 {
				d := l.Take(lateTimerContext{ctx, time.Now().Add(limit)}, someKey, 1)
				if d.Allowed || d.Degraded || !errors.Is(d.Err, context.DeadlineExceeded) {
					t.Errorf("%+v", d)
				}
			}
			if (states == 1) != blamed {
				t.Errorf("%v: %d calls of OnState", limit, states)
			}
		})
	}
}

// A client that leaves is no failure of the store, and is not admitted.
func TestClientHangUpIsNoStoreFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{hang: true}
		spy := &mwtest.Spy{}
		l := buildWithStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, OnFailure: ratelimit.FailOpen,
			OnState: func(_ string, err error) { t.Errorf("state %v", err) },
		})
		for range 20 {
			ctx, leave := context.WithTimeout(t.Context(), 3*time.Millisecond)
			r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
			if d, err := l.Check(r); d.Allowed || d.Degraded || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%+v, %v", d, err)
			}
			mwtest.Refused(t, mwtest.Do(l.Handler(spy), r), 504, "timeout")
			leave()
		}
		if spy.Calls() != 0 {
			t.Errorf("%d requests were admitted", spy.Calls())
		}
	})
}
