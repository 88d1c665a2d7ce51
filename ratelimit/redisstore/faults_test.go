package redisstore

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func kind(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind.String()
	}
	return ""
}

// A server that forgets its scripts costs nobody a decision, nor a unit.
func TestScriptFlushMidFlight(t *testing.T) {
	c := fresh(t, ratelimit.PerHour(100_000))
	rdb := c.store.client
	var granted atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = rdb.ScriptFlush(context.Background())
			}
		}
	})
	var callers sync.WaitGroup
	for i := range 32 {
		callers.Go(func() {
			for range 100 {
				got, err := c.Take(context.Background(), keyOf(i%3), 1, false)
				if err != nil {
					t.Error(err)
					return
				}
				granted.Add(int64(got.Granted))
				if i == 0 {
					if err := c.Refund(context.Background(), keyOf(0), 1, got.Stamp); err != nil {
						t.Error(err)
					}
					granted.Add(-1)
				}
			}
		})
	}
	callers.Wait()
	close(stop)
	wg.Wait()
	spent := int64(0)
	for i := range 3 {
		spent += 100_000 - take(t, c, keyOf(i), 0, false).Left
	}
	if spent != granted.Load() || spent != 3100 {
		t.Errorf("%d spent, %d granted", spent, granted.Load())
	}
}

// hung is a server that is stopped: it accepts connections and says nothing.
func hung(t *testing.T, s *redistest.Server) (resume func()) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	resume = sync.OnceFunc(func() { _ = syscall.Kill(s.PID(), syscall.SIGCONT) })
	t.Cleanup(resume)
	return resume
}

// However Redis hangs, everybody is back in time, those who share a call with
// others too, and nothing of it is left when it answers again.
func TestHungServerKeepsTheBudget(t *testing.T) {
	const budget = 25 * time.Millisecond
	server := redistest.Start(t)
	store := newStore(t, server.Addr, Config{Timeout: time.Second})
	c := open(t, store, "hung", ratelimit.PerHour(1000))
	cold := open(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "hung", ratelimit.PerHour(1000))
	take(t, c, keyOf(1), 1, false)
	before := runtime.NumGoroutine()
	resume := hung(t, server)
	var late, control atomic.Int64 // control: how late this machine is for anybody
	for range 3 {
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), budget)
				defer cancel()
				begin := time.Now()
				<-ctx.Done()
				control.Store(max(control.Load(), int64(time.Since(begin)-budget)))
			})
			for _, c := range []*counter{c, cold} {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), budget)
					defer cancel()
					begin := time.Now()
					_, err := c.Take(ctx, keyOf(i%7), 1, false)
					took := time.Since(begin)
					if kind(err) != "deadline" {
						t.Errorf("%v after %v", err, took)
					}
					late.Store(max(late.Load(), int64(took-budget)))
				})
			}
		}
		wg.Wait()
	}
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	if err := c.Refund(ctx, keyOf(1), 1, 1); kind(err) != "deadline" {
		t.Errorf("Refund: %v", err)
	}
	t.Logf("at most %v late, of which %v are the machine's", time.Duration(late.Load()), time.Duration(control.Load()))
	if late := time.Duration(late.Load() - control.Load()); late > 5*time.Millisecond {
		t.Errorf("%v late", late)
	}
	resume()
	await(t, "an answer", func() bool {
		_, err := c.Take(context.Background(), keyOf(1), 1, false)
		return err == nil
	})
	await(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); <-time.After(5 * time.Millisecond) {
		if time.Since(begin) > 5*time.Second {
			t.Fatalf("no sign of %s", what)
		}
	}
}

// Who gives up is gone at once, and takes nothing from those who wait on.
func TestGivingUpHarmsNobody(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, newStore(t, server.Addr, Config{Timeout: time.Second, Refusals: -1}), "patience", ratelimit.PerHour(1_000_000))
	take(t, c, keyOf(0), 1, false)
	for round := range 6 {
		resume := hung(t, server)
		var wg sync.WaitGroup
		var granted atomic.Int64
		for i := range 60 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				if i%3 == 0 {
					cancel()
					ctx, cancel = context.WithTimeout(context.Background(), time.Duration(1+i/6)*time.Millisecond)
				}
				defer cancel()
				got, err := c.Take(ctx, keyOf(round*100+i%5), 1, false)
				if i%3 != 0 && err != nil {
					t.Errorf("the patient got %v", err)
				}
				granted.Add(int64(got.Granted))
			})
		}
		<-time.After(30 * time.Millisecond)
		resume()
		wg.Wait()
		if granted.Load() < 40 {
			t.Errorf("%d granted", granted.Load())
		}
	}
	q := c.queues[0]
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy != 0 || len(q.waiting) != 0 || len(q.free) > maxInflight {
		t.Errorf("%d busy, %d waiting, %d batches", q.busy, len(q.waiting), len(q.free))
	}
}

func TestCancelledBeforeItBegins(t *testing.T) {
	c := fresh(t, ratelimit.PerHour(100))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Take(ctx, keyOf(1), 1, false); kind(err) != "canceled" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left := take(t, c, keyOf(1), 0, false).Left; left != 100 {
		t.Errorf("%d left", left)
	}
}

// A server that is gone refuses at once; one that comes back is used at once,
// though it knows neither the script nor the connections.
func TestRestart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c := open(t, newStore(t, addr, Config{Timeout: time.Second}), "restart", ratelimit.PerHour(100))
	if _, err := c.Take(context.Background(), keyOf(1), 1, false); kind(err) != "refused" {
		t.Errorf("before it starts: %v", err)
	}
	for range 2 {
		cmd := exec.Command("redis-server", "--port", addr[strings.LastIndex(addr, ":")+1:], "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		await(t, "the server", func() bool {
			got, err := c.Take(context.Background(), keyOf(1), 1, false)
			return err == nil && got.Granted == 1
		})
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_, err := c.Take(context.Background(), keyOf(1), 1, false)
		if k := kind(err); k != "eof" && k != "reset" && k != "refused" {
			t.Errorf("after it ends: %v", err)
		}
	}
}

func TestClosed(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{})
	c := open(t, s, "closed", ratelimit.PerHour(100))
	take(t, c, keyOf(1), 1, false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Take(context.Background(), keyOf(1), 1, false); kind(err) != "closed" {
		t.Error(err)
	}
}
