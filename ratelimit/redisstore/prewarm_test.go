package redisstore

import (
	"context"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// farServer dials servers as if they were a round trip away. Only the TCP handshake
// costs nothing. It counts the connections that it has made.
type farServer struct {
	trip  time.Duration
	dials atomic.Int64
}

func (f *farServer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	f.dials.Add(1)
	server, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	middle, err := l.Accept()
	if err != nil {
		return nil, err
	}
	go f.carry(middle, server)
	go f.carry(server, middle)
	return near, nil
}

// carry delivers the data of one connection to the other, half a round trip later.
func (f *farServer) carry(to, from net.Conn) {
	type letter struct {
		at   time.Time
		text []byte
	}
	under := make(chan letter, 1000)
	go func() {
		for l := range under {
			<-time.After(time.Until(l.at))
			if _, err := to.Write(l.text); err != nil {
				_ = from.Close()
			}
		}
		_ = to.Close()
	}()
	defer close(under)
	for {
		b := make([]byte, 16<<10)
		n, err := from.Read(b)
		if n > 0 {
			under <- letter{time.Now().Add(f.trip / 2), b[:n]}
		}
		if err != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

func (f *farServer) store(t *testing.T, addr string) *Store {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: addr, Dialer: f.dial})
	return newStoreFor(t, rdb, Config{Refusals: -1})
}

// countDecisions makes n decisions, one every few milliseconds, and returns how many
// succeeded. It calls the counter directly, so that no breaker stops it.
func countDecisions(t *testing.T, s *Store, n int) (made int) {
	t.Helper()
	c := open(t, s, "far", ratelimit.PerHour(1_000_000))
	for range n {
		ctx, cancel := context.WithTimeout(context.Background(), 25*time.Millisecond)
		if _, err := c.Take(ctx, keyOf(1), 1, false); err == nil {
			made++
		} else if k := kind(err); k != "deadline" && k != "eof" && k != "reset" {
			t.Error(err)
		}
		cancel()
		<-time.After(5 * time.Millisecond)
	}
	return made
}

// If a decision fits into its budget and a new connection does not, connections are
// still made: at the start, and after all of them have ended.
func TestFarServerIsReachedWithinTheBudget(t *testing.T) {
	for _, trip := range []time.Duration{9, 12, 16, 19} {
		t.Run((trip * time.Millisecond).String(), func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			s := (&farServer{trip: trip * time.Millisecond}).store(t, server.Addr)
			for range 2 {
				made := countDecisions(t, s, 40)
				for again := 0; again < 3 && made < 25; again++ { // a busy machine gets more tries
					made = max(made, countDecisions(t, s, 40))
				}
				if made < 25 {
					t.Errorf("%d of 40 decisions", made)
				}
				if _, err := server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"); err != nil {
					t.Fatal(err)
				}
				if _, err := server.Do("SCRIPT", "FLUSH"); err != nil {
					t.Fatal(err)
				}
				<-time.After(2 * trip * time.Millisecond)
			}
		})
	}
}

// Without prewarming no decision is ever made. This proves that the test above measures
// prewarming.
func TestFarServerIsNotReachedWithoutPrewarm(t *testing.T) {
	s := (&farServer{trip: 16 * time.Millisecond}).store(t, redistest.Start(t).Addr)
	s.prewarm = func(int) {}
	if made := countDecisions(t, s, 20); made > 0 {
		t.Errorf("%d of 20 decisions", made)
	}
}

// The Store makes as many connections as calls were missing.
func TestFarServerWithManyCallers(t *testing.T) {
	f := &farServer{trip: 10 * time.Millisecond}
	c := open(t, f.store(t, redistest.Start(t).Addr), "far", ratelimit.PerHour(1_000_000))
	var made [4]atomic.Int64
	for phase := range made {
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				for range 8 {
					ctx, cancel := context.WithTimeout(context.Background(), 40*time.Millisecond)
					if _, err := c.Take(ctx, keyOf(i), 1, false); err == nil {
						made[phase].Add(1)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		<-time.After(50 * time.Millisecond)
	}
	var n [4]int64
	for i := range made {
		n[i] = made[i].Load()
	}
	if slices.Max(n[1:]) < 450 { // the best of three, because the machine may be busy
		t.Errorf("%d of 512 decisions", n)
	}
	if n := f.dials.Load(); n > 2*poolSize {
		t.Errorf("%d connections", n)
	}
}

// Each node of a cluster gets its connections, not only the node that was asked.
func TestFarClusterIsPrewarmed(t *testing.T) {
	t.Parallel()
	f := &farServer{trip: 12 * time.Millisecond}
	addr := clusterNode(t, 0, slotCount-1).Options().Addr
	most := int64(0)
	for try := 0; try < 5 && most < 25; try++ { // the best of some, because the machine may be busy
		rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}, Dialer: f.dial})
		most = max(most, int64(countDecisions(t, newStoreFor(t, rdb, Config{Refusals: -1}), 50)))
	}
	if most < 25 {
		t.Errorf("%d of 50 decisions", most)
	}
}

// However many calls run out of time, a server that does not answer gets only a handful
// of new connections, and Close ends that at once.
func TestHungServerGetsFewConnections(t *testing.T) {
	server := redistest.Start(t)
	before := runtime.NumGoroutine()
	f := &farServer{}
	s := f.store(t, server.Addr)
	c := open(t, s, "hung", ratelimit.PerHour(1000))
	defer stopServer(t, server)()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			if _, err := c.Take(ctx, keyOf(i), 1, false); kind(err) != "deadline" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := f.dials.Load(); n > maxInflight+maxPrewarm {
		t.Errorf("%d connections", n)
	}
	begin := time.Now()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("Close took %v", took)
	}
	dialed := f.dials.Load()
	ctx, cancel := context.WithTimeout(context.Background(), time.Microsecond)
	defer cancel()
	_, _ = c.Take(ctx, keyOf(1), 1, false)
	s.prewarmAfter(context.DeadlineExceeded, 1)
	if n := f.dials.Load(); n > dialed {
		t.Errorf("%d connections were begun after Close", n-dialed)
	}
	await(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before+2 })
}
