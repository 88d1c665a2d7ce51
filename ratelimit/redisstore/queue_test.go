package redisstore

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

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

// The further away the server, the more calls may be under way, within bounds. A server
// that is only slow now and then, or was slow long ago, gets no more calls for it.
func TestInflightLimit(t *testing.T) {
	now := time.Now()
	for name, tc := range map[string]struct {
		calls []time.Duration
		every time.Duration
		want  int
	}{
		"no call yet":    {nil, 0, minInflight},
		"near":           {[]time.Duration{100 * time.Microsecond, time.Millisecond}, time.Millisecond, minInflight},
		"another zone":   {[]time.Duration{1200 * time.Microsecond}, time.Millisecond, 4},
		"far":            {[]time.Duration{5 * time.Millisecond}, time.Millisecond, maxInflight},
		"extremely far":  {[]time.Duration{time.Second}, time.Millisecond, maxInflight},
		"loaded":         {[]time.Duration{200 * time.Microsecond, 9 * time.Millisecond, 9 * time.Millisecond}, time.Millisecond, minInflight},
		"moved away":     {[]time.Duration{200 * time.Microsecond, 5 * time.Millisecond, 5 * time.Millisecond, 5 * time.Millisecond}, tripPeriod, maxInflight},
		"long ago":       {[]time.Duration{5 * time.Millisecond, 300 * time.Microsecond}, 3 * tripPeriod, minInflight},
		"no time at all": {[]time.Duration{0}, time.Millisecond, minInflight},
		"one short call": {[]time.Duration{5 * time.Millisecond, 1500 * time.Microsecond, 5 * time.Millisecond}, time.Millisecond, 5},
	} {
		var l inflightLimit
		at := now
		for _, took := range tc.calls {
			at = at.Add(tc.every)
			l.record(at, took)
		}
		if got := l.limit(); got != tc.want {
			t.Errorf("%s: %d calls, want %d", name, got, tc.want)
		}
	}
}

// A slowConn is a connection on which every request takes trip to arrive.
type slowConn struct {
	net.Conn
	trip time.Duration
}

func (d slowConn) Write(b []byte) (int, error) {
	<-time.After(d.trip)
	return d.Conn.Write(b)
}

// With a far server, hardly any caller waits for the call of another. A decision takes
// little more than the trip. With two calls at a time it would take almost twice as
// long.
func TestFarServerLatency(t *testing.T) {
	const trip = 40 * time.Millisecond
	client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr, Dialer: func(_ context.Context, network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		return slowConn{c, trip}, err
	}})
	s := newStoreFor(t, client, Config{Timeout: time.Second})
	c := open(t, s, "far", ratelimit.PerHour(1_000_000))
	round := func(each int) time.Duration {
		var wg sync.WaitGroup
		begin := time.Now()
		for i := range 64 {
			wg.Go(func() {
				for range each {
					if _, err := c.Take(context.Background(), keyOf(i), 1, false); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		return time.Since(begin) / time.Duration(each)
	}
	round(5) // makes the connections
	took := round(8)
	for range 3 { // because the machine may be busy
		took = min(took, round(8))
	}
	t.Logf("%v a decision", took)
	if took > trip*3/2 {
		t.Errorf("%v a decision, with a trip of %v", took, trip)
	}
	q := c.queues[0]
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.free) > 2*maxInflight || q.busy != 0 || len(q.shared) != 0 {
		t.Errorf("%d batches, %d busy, %d shared", len(q.free), q.busy, len(q.shared))
	}
}
