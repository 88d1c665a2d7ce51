package redisstore

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

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
		"moved away":     {[]time.Duration{200 * time.Microsecond, 5 * time.Millisecond, 5 * time.Millisecond, 5 * time.Millisecond}, tripMemory, maxInflight},
		"long ago":       {[]time.Duration{5 * time.Millisecond, 300 * time.Microsecond}, 3 * tripMemory, minInflight},
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
