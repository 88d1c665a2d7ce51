package ratelimit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A store that hangs is given up where requests have a deadline of their own if
// that left it half the budget, and not for those that are in more of a hurry or
// have left. None of them is let in, whatever the policy.
func TestWhoIsToBlameForATimeout(t *testing.T) {
	const budget = 20 * time.Millisecond
	for _, tt := range []struct {
		name   string
		parent func(context.Context) (context.Context, context.CancelFunc)
		want   error
		blamed bool
	}{
		{"a hurry", within(9 * time.Millisecond), context.DeadlineExceeded, false},
		{"half the budget", within(10 * time.Millisecond), context.DeadlineExceeded, true},
		{"nearly all of it", within(19 * time.Millisecond), context.DeadlineExceeded, true},
		{"left", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, leave := context.WithCancel(ctx)
			time.AfterFunc(19*time.Millisecond, leave)
			return ctx, leave
		}, context.Canceled, false},
		{"left before the end of a deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, leave := context.WithTimeout(ctx, 19*time.Millisecond)
			time.AfterFunc(18*time.Millisecond, leave)
			return ctx, leave
		}, context.Canceled, false},
		{"had none when it came", within(-time.Hour), context.DeadlineExceeded, false},
	} {
		for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
			synctest.Test(t, func(t *testing.T) {
				s, states := &shared{hang: true}, 0
				l := onStore(t, s, ratelimit.Config{
					Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, OnFailure: policy, Budget: budget,
					OnState: func(string, error) { states++ },
				})
				for i := range 5 {
					parent, leave := tt.parent(t.Context())
					if d := l.Take(parent, victim, 1); d.Allowed || d.Degraded || !errors.Is(d.Err, tt.want) {
						t.Errorf("%s, %v, %d: %+v", tt.name, policy, i, d)
					}
					leave()
				}
				if (states == 1) != tt.blamed {
					t.Errorf("%s, %v: told of %d states", tt.name, policy, states)
				}
				s.set(func(s *shared) { s.hang = false })
				time.Sleep(time.Second)
				if n := spend(l, victim, 6); n != 5 {
					t.Errorf("%s, %v: %d of 5 are left", tt.name, policy, n)
				}
			})
		}
	}
}

func within(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
}

// A refund that the store does not take in time counts by the same rule.
func TestRefundInAHurryIsNoFailure(t *testing.T) {
	for limit, blamed := range map[time.Duration]bool{time.Millisecond: false, 15 * time.Millisecond: true} {
		synctest.Test(t, func(t *testing.T) {
			s, states := &shared{}, 0
			l := onStore(t, s, ratelimit.Config{
				Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, OnState: func(string, error) { states++ },
			})
			d := l.Take(ctx, victim, 5)
			s.set(func(s *shared) { s.hang = true })
			for range 5 {
				parent, leave := context.WithTimeout(t.Context(), limit)
				if err := l.Refund(parent, d, 1); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				leave()
			}
			if (states == 1) != blamed {
				t.Errorf("%v: told of %d states", limit, states)
			}
		})
	}
}

// lazy is a context whose timer has not run when its deadline has passed.
type lazy struct {
	context.Context
	end time.Time
}

func (l lazy) Deadline() (time.Time, bool) { return l.end, true }

// watchful is a store that looks at the clock, and is back before the timer.
type watchful struct{ prompt }

func (w *watchful) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) { return w, nil }

func (w *watchful) TakeUntil(ctx context.Context, _ time.Time, _ [16]byte, _ int, _ bool) (ratelimit.Count, error) {
	end, _ := ctx.Deadline()
	time.Sleep(time.Until(end))
	return ratelimit.Count{}, context.DeadlineExceeded
}

// Who is faster, the store or the timer of the request, changes nothing.
func TestDeadlineHasPassedBeforeItsTimer(t *testing.T) {
	for limit, blamed := range map[time.Duration]bool{9 * time.Millisecond: false, 15 * time.Millisecond: true} {
		synctest.Test(t, func(t *testing.T) {
			states := 0
			l := build(t, ratelimit.Config{
				Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(5)}, MaxKeys: 1, Store: &watchful{}, Budget: 20 * time.Millisecond,
				OnState: func(string, error) { states++ },
			})
			for range 5 {
				if d := l.Take(lazy{ctx, time.Now().Add(limit)}, victim, 1); d.Allowed || d.Degraded || !errors.Is(d.Err, context.DeadlineExceeded) {
					t.Errorf("%+v", d)
				}
			}
			if (states == 1) != blamed {
				t.Errorf("%v: told of %d states", limit, states)
			}
		})
	}
}
