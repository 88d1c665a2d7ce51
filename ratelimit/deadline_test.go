package ratelimit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// A hoarder is a store that keeps the contexts it is given, as it must not.
type hoarder struct {
	mu   sync.Mutex
	kept []context.Context
}

func (h *hoarder) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) { return h, nil }

func (h *hoarder) Take(ctx context.Context, _ [16]byte, n int, _ bool) (ratelimit.Count, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = append(h.kept, ctx)
	return ratelimit.Count{Granted: n, Left: 1}, ctx.Err()
}

func (h *hoarder) Refund(context.Context, [16]byte, int, int64) error { return nil }
func (h *hoarder) Reset(context.Context, [16]byte) error              { return nil }

type requestID struct{}

// The context of a decision is its own for ever: whoever keeps it has one that
// has ended, and not that of another request.
func TestStoresThatKeepTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hoarder{}
		l := build(t, ratelimit.Config{Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(100)}, Store: h, Budget: 10 * time.Millisecond})
		began := time.Now()
		for id := range 50 {
			l.Take(context.WithValue(ctx, requestID{}, id), victim, 1)
			time.Sleep(time.Millisecond)
		}
		for id, kept := range h.kept {
			end, ok := kept.Deadline()
			if want := began.Add(time.Duration(id+10) * time.Millisecond); !ok || !end.Equal(want) {
				t.Errorf("%d: its deadline is %v, was %v", id, end, want)
			}
			if kept.Value(requestID{}) != id {
				t.Errorf("%d has become %v", id, kept.Value(requestID{}))
			}
			select {
			case <-kept.Done():
			default:
				t.Errorf("%d has not ended", id)
			}
			child, cancel := context.WithCancel(kept)
			if !errors.Is(kept.Err(), context.Canceled) || !errors.Is(context.Cause(kept), context.Canceled) || child.Err() == nil {
				t.Errorf("%d: %v, %v, and its child %v", id, kept.Err(), context.Cause(kept), child.Err())
			}
			cancel()
		}
	})
}

// prompt is a store of the kind that package redisstore has.
type prompt struct {
	hoarder
	deadlines []time.Time
}

func (p *prompt) Open(string, []ratelimit.Limit) (ratelimit.Counter, error) { return p, nil }

func (p *prompt) TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (ratelimit.Count, error) {
	p.deadlines = append(p.deadlines, deadline)
	return p.Take(ctx, key, n, atMost)
}

// Such a store is given the context of the request as it is, and until when: the
// same for both questions of one decision, and by the clock, whatever time the
// decision is for.
func TestStoresThatNeedNoContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &prompt{}
		l := build(t, ratelimit.Config{
			Name: "api", Limits: []ratelimit.Limit{ratelimit.PerHour(100), {Quota: 50, Window: time.Hour, Shadow: true}},
			Store: p, Budget: 10 * time.Millisecond,
		})
		time.Sleep(time.Second)
		parent := context.WithValue(ctx, requestID{}, 1)
		l.Take(parent, victim, 1)
		l.TakeAt(time.Hour, victim, 1)
		if len(p.deadlines) != 4 || p.kept[0] != parent || p.kept[1] != parent {
			t.Fatalf("%d questions, contexts %v", len(p.deadlines), p.kept)
		}
		for i, d := range p.deadlines {
			if !d.Equal(time.Now().Add(10 * time.Millisecond)) {
				t.Errorf("%d: %v", i, time.Until(d))
			}
		}
	})
}
