package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// keyError is what a store says that cannot read one key.
type keyError struct{ ofKey bool }

func (keyError) Error() string    { return "garbage" }
func (e keyError) OfKey() bool    { return e.ofKey }
func (e keyError) wrapped() error { return fmt.Errorf("store: %w", e) }

// A key that the store cannot read is decided by OnFailure, however often it is
// asked about, and no other key is.
func TestOneBadKeyIsNoFailure(t *testing.T) {
	for _, policy := range []ratelimit.OnFailure{ratelimit.FailLocal, ratelimit.FailClosed, ratelimit.FailOpen} {
		s := &shared{}
		l := onStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(30)}, MaxKeys: 1, OnFailure: policy,
			OnState: func(_ string, err error) { t.Errorf("%v: %v", policy, err) },
		})
		taken := l.Take(ctx, victim, 1)
		s.set(func(s *shared) { s.fail = keyError{true}.wrapped() })
		for range 20 {
			d := l.Take(ctx, victim, 1)
			if !d.Degraded || d.Allowed != (policy != ratelimit.FailClosed) || !errors.Is(d.Err, keyError{true}) {
				t.Errorf("%v: %+v", policy, d)
			}
			if err := l.Refund(ctx, taken, 1); !errors.Is(err, keyError{true}) {
				t.Errorf("%v: refunded: %v", policy, err)
			}
		}
		s.set(func(s *shared) { s.fail = nil })
		if d := l.Take(ctx, ratelimit.StringKey("another"), 1); d.Degraded || !d.Allowed {
			t.Errorf("%v: another key: %+v", policy, d)
		}
	}
}

// An error whose method denies it is a failure like any other; and a store that
// was given up and then complains of a key is back.
func TestBadKeyBringsTheStoreBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []error
		s := &shared{fail: keyError{false}}
		l := onStore(t, s, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(30)}, MaxKeys: 1, OnState: func(_ string, err error) { states = append(states, err) }})
		for range 5 {
			l.Take(ctx, victim, 1)
		}
		if len(states) != 1 || states[0] == nil {
			t.Fatalf("%+v", states)
		}
		s.set(func(s *shared) { s.fail = keyError{true} })
		time.Sleep(time.Second)
		l.Take(ctx, victim, 1)
		if len(states) != 2 || states[1] != nil {
			t.Errorf("%+v", states)
		}
	})
}

// An answer that the store was not asked for is no sign of life, and does not
// keep the next request from looking for one.
func TestCachedAnswerIsNoSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []error
		s := &shared{fail: errStore}
		l := onStore(t, s, ratelimit.Config{
			Limits: []ratelimit.Limit{ratelimit.PerHour(30)}, MaxKeys: 1, OnFailure: ratelimit.FailClosed,
			OnState: func(_ string, err error) { states = append(states, err) },
		})
		cached := func(on bool) {
			s.set(func(s *shared) {
				s.fail, s.lie = errStore, nil
				if on {
					s.fail, s.lie = nil, func(c *ratelimit.Count) { *c = ratelimit.Count{Wait: time.Minute, Cached: true} }
				}
			})
		}
		for range 4 { // failures in a row, whatever is cached in between
			l.Take(ctx, victim, 1)
			cached(true)
			if d := l.Take(ctx, victim, 1); d.Allowed || d.Degraded || d.RetryAfter != time.Minute {
				t.Errorf("%+v", d)
			}
			cached(false)
		}
		l.Take(ctx, victim, 1)
		if len(states) != 1 {
			t.Fatalf("%+v after five failures", states)
		}
		time.Sleep(time.Second)
		cached(true)
		for range 10 {
			if d := l.Take(ctx, victim, 1); d.Degraded {
				t.Errorf("%+v", d)
			}
		}
		if len(states) != 1 {
			t.Errorf("it is not back: %+v", states)
		}
		s.set(func(s *shared) { s.fail, s.lie = nil, nil })
		if d := l.Take(ctx, victim, 1); d.Degraded || len(states) != 2 {
			t.Errorf("it is back: %+v, %+v", d, states)
		}
	})
}

// A request that the store fails once is one failure, however many sets of
// limits it is in.
func TestOneRequestIsOneFailure(t *testing.T) {
	for name, limits := range map[string][]ratelimit.Limit{
		"one set":  {ratelimit.PerHour(30)},
		"on trial": {ratelimit.PerHour(30), {Quota: 20, Window: time.Hour, Shadow: true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, failures := &shared{}, 0
			given := false
			l := onStore(t, s, ratelimit.Config{Limits: limits, MaxKeys: 1, OnState: func(string, error) { given = true }})
			taken := l.Take(ctx, victim, 1)
			s.set(func(s *shared) { s.hang = true })
			for ; !given; failures++ {
				if failures%2 == 0 {
					_ = l.Refund(context.Background(), taken, 1)
					continue
				}
				if d := l.Take(ctx, victim, 1); !d.Allowed || !d.Degraded {
					t.Errorf("%s: %+v", name, d)
				}
			}
			if failures != 5 {
				t.Errorf("%s: given up after %d requests", name, failures)
			}
		})
	}
}
