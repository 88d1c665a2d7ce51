package redisstore

import (
	"context"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func isWoken(w *waiter) bool {
	select {
	case <-w.wake:
		return true
	default:
		return false
	}
}

// A leader that gives up before its call begins passes the call on, and the last leader
// decrements busy.
func TestLeadershipIsPassedOn(t *testing.T) {
	c := newCounter(t, ratelimit.PerHour(100))
	q := c.queues[0]
	now := time.Now()
	var ws []*waiter
	for i := range 3 {
		ws = append(ws, &waiter{request: request{key: keyOf(i), n: 1, deadline: now.Add(time.Duration(i) * time.Second)}, wake: make(chan struct{}, 1)})
	}
	q.busy = 1
	q.waiting = append(q.waiting, ws...)
	q.mu.Lock()
	next := q.handOver()
	q.mu.Unlock()
	next.wakeUp()
	for i := 2; i >= 0; i-- {
		if ws[i].state != leading || len(ws[i].batch.members) != i+1 {
			t.Fatalf("waiter %d has the most time and does not lead: state %d", i, ws[i].state)
		}
		for _, other := range ws[:i] {
			if other.state != following || isWoken(other) {
				t.Fatalf("a follower is in state %d", other.state)
			}
		}
		if q.leave(ws[i], false) {
			t.Fatal("a waiter without a result has one")
		}
	}
	if q.busy != 0 || len(q.waiting) != 0 || len(q.free) != 1 {
		t.Errorf("%d busy, %d waiting, %d batches", q.busy, len(q.waiting), len(q.free))
	}
}

// A caller that gives up takes a result that is already there, because its units are
// spent.
func TestResultIsTakenWhenCallerGivesUp(t *testing.T) {
	q := newCounter(t, ratelimit.PerHour(100)).queues[0]
	w := &waiter{state: decided, wake: make(chan struct{}, 1), count: ratelimit.Count{Granted: 1}}
	w.wake <- struct{}{}
	if !q.leave(w, false) || w.count.Granted != 1 || isWoken(w) {
		t.Error("the result is lost")
	}
}

func TestCallersShareAnEntry(t *testing.T) {
	c := newCounter(t, ratelimit.PerHour(20))
	b := newBatch(c.queues[0])
	var ws []*waiter
	add := func(key, n int, atMost bool) {
		ws = append(ws, &waiter{request: request{key: keyOf(key), n: n, atMost: atMost}})
		b.add(ws[len(ws)-1])
	}
	for range 15 {
		add(1, 1, false)
	}
	add(2, 1, false)
	add(1, 1, true)
	add(1, 3, false) // not shared: it takes all or nothing
	for range 9 {
		add(1, 1, false)
	}
	add(2, 0, false)
	if b.used != 4 {
		t.Errorf("%d entries", b.used)
	}
	b.deadline = time.Now().Add(time.Second)
	if b.err = b.run(time.Now()); b.err != nil {
		t.Fatal(b.err)
	}
	granted, last := 0, int64(20)
	for i, w := range ws {
		got, err := b.result(w)
		if err != nil {
			t.Fatal(err)
		}
		if w.key != keyOf(1) {
			if got.Left != 19 {
				t.Errorf("%d: %+v", i, got)
			}
			continue
		}
		if w.n == 1 && got.Granted == 1 && got.Left != last-1 {
			t.Errorf("%d: %+v after %d", i, got, last)
		}
		if got.Granted == 1 {
			granted, last = granted+1, got.Left
		}
		if w.n == 3 && got.Granted != 0 {
			t.Errorf("%d: three of zero left: %+v", i, got)
		}
		if got.Granted == 0 && got.Wait <= 0 {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if granted != 20 {
		t.Errorf("%d granted", granted)
	}
}

func TestAllocs(t *testing.T) {
	ctx := context.Background()
	c := newCounter(t, ratelimit.PerHour(10_000_000), ratelimit.Limit{Quota: 100_000_000, Window: 24 * time.Hour})
	key := keyOf(1)
	do := func() {
		if got, err := c.Take(ctx, key, 1, false); err != nil || got.Granted != 1 {
			t.Fatal(got, err)
		}
	}
	do()
	mwtest.MaxAllocs(t, "alone", 0, do)

	refused := open(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "refused", ratelimit.PerHour(20))
	take(t, refused, key, 20, false)
	take(t, refused, key, 1, false)
	mwtest.MaxAllocs(t, "refused from memory", 0, func() {
		if got, err := refused.Take(ctx, key, 1, false); err != nil || got.Granted != 0 || got.Wait <= 0 {
			t.Fatal(got, err)
		}
	})

	b := newBatch(c.queues[0])
	ws := make([]*waiter, 64)
	for i := range ws {
		ws[i] = &waiter{request: request{key: keyOf(i), n: 1}}
	}
	mwtest.MaxAllocs(t, "a call for 64", 0, func() {
		for _, w := range ws {
			b.add(w)
		}
		b.deadline = time.Now().Add(time.Second)
		if err := b.run(time.Now()); err != nil {
			t.Fatal(err)
		}
		for _, w := range ws {
			if got, err := b.result(w); err != nil || got.Granted != 1 {
				t.Fatal(got, err)
			}
		}
		b.reset()
	})
}
