package redisstore

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A server that forgets its scripts costs no decision and no unit.
func TestScriptFlushMidFlight(t *testing.T) {
	c := newCounter(t, ratelimit.PerHour(100_000))
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

// However Redis hangs, each caller returns in time, also a caller that shares a call,
// and no goroutine is left when Redis answers again.
func TestHungServerKeepsTheBudget(t *testing.T) {
	const budget = 25 * time.Millisecond
	server := redistest.Start(t)
	store := newStore(t, server.Addr, Config{Timeout: time.Second})
	c := open(t, store, "hung", ratelimit.PerHour(1000))
	cold := open(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "hung", ratelimit.PerHour(1000))
	take(t, c, keyOf(1), 1, false)
	before := runtime.NumGoroutine()
	resume := stopServer(t, server)
	var late, control atomic.Int64 // control: how late this machine itself is
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
	if err := c.Refund(ctx, keyOf(1), 1, ratelimit.Stamp{}); kind(err) != "deadline" {
		t.Errorf("Refund: %v", err)
	}
	t.Logf("at most %v late, %v of it because of this machine", time.Duration(late.Load()), time.Duration(control.Load()))
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

// A caller that gives up returns at once, and takes nothing from the callers that wait
// on.
func TestGivingUpDoesNotAffectOtherCallers(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, newStore(t, server.Addr, Config{Timeout: time.Second, Refusals: -1}), "patience", ratelimit.PerHour(1_000_000))
	take(t, c, keyOf(0), 1, false)
	for round := range 6 {
		resume := stopServer(t, server)
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
					t.Errorf("a caller with enough time got %v", err)
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
	c := newCounter(t, ratelimit.PerHour(100))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Take(ctx, keyOf(1), 1, false); kind(err) != "canceled" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left := take(t, c, keyOf(1), 0, false).Left; left != 100 {
		t.Errorf("%d left", left)
	}
}

// A call to a server that is down is refused at once. A server that comes back is used
// at once, although it knows neither the script nor the connections.
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

func TestTakeAfterClose(t *testing.T) {
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

func addrOf(i int) netip.Addr { return lockouttest.Addr(i) }

// However Redis hangs, each caller returns within the budget of the Guard or the
// timeout of the Store, and no login passes uncounted.
func TestHungServerKeepsTheBudgetOfLogins(t *testing.T) {
	server := redistest.Start(t)
	for name, c := range map[string]struct{ budget, timeout, want time.Duration }{
		"budget":  {30 * time.Millisecond, time.Second, 30 * time.Millisecond},
		"timeout": {time.Minute, 30 * time.Millisecond, 30 * time.Millisecond},
	} {
		l := newLockoutStore(t, newStore(t, server.Addr, Config{Timeout: c.timeout}), "hung-"+name)
		g := newGuard(t, l, lockout.Config{Budget: c.budget, PerAddress: 100, DelayAfter: 100})
		ctx := t.Context()
		var attempt *lockout.Attempt
		await(t, "an attempt", func() bool { // a busy machine may be late at first
			a, err := g.Begin(ctx, "ann", addrOf(1))
			attempt = a
			return err == nil
		})
		before := runtime.NumGoroutine()
		resume := stopServer(t, server)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var late, control time.Duration // control: how late this machine itself is
		timed := func(call func() error) {
			begin := time.Now()
			err := call()
			took := time.Since(begin)
			if !errors.Is(err, lockout.ErrUnavailable) || kind(err) != "deadline" {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			mu.Lock()
			late = max(late, took-c.want)
			mu.Unlock()
		}
		wg.Go(func() { timed(func() error { _, err := attempt.Failure(ctx); return err }) })
		for i := range 32 {
			wg.Go(func() {
				begin := time.Now()
				<-time.After(c.want)
				mu.Lock()
				control = max(control, time.Since(begin)-c.want)
				mu.Unlock()
			})
			wg.Go(func() { timed(func() error { _, err := g.Begin(ctx, "bob", addrOf(i)); return err }) })
		}
		wg.Wait()
		timed(func() error { return g.Unlock(ctx, "ann") })
		resume()
		t.Logf("%s: at most %v late, %v of it because of this machine", name, late, control)
		if late-control > 30*time.Millisecond {
			t.Errorf("%s: %v late", name, late)
		}
		await(t, "an answer", func() bool { return g.Unlock(ctx, "ann") == nil })
		await(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
	}
}

// The client gets 503 with Retry-After, and learns nothing about Redis.
func TestLoginsWithoutRedisOverTheWire(t *testing.T) {
	l := newLockoutStore(t, newStore(t, "127.0.0.1:1", Config{}), "down")
	g := newGuard(t, l, lockout.Config{})
	h := httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		_, err := g.Begin(r.Context(), "ann", addrOf(1))
		return err
	})
	res := mwtest.Do(h, httptest.NewRequest("POST", "/login", nil))
	mwtest.Refused(t, res, 503, "login_unavailable")
	mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id", "Retry-After")
	if got := res.Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q", got)
	}
	mwtest.Unshared(t, func(http.Handler) http.Handler { return h }, func() *http.Request { return httptest.NewRequest("POST", "/login", nil) })
}

// A server that forgets its scripts costs no guess, and gives no further guess.
func TestLoginsSurviveScriptFlush(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "flush")
	g := newGuard(t, l, lockouttest.Plain)
	admitted := 0
	for i := range 40 {
		if err := l.store.client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		a, err := g.Begin(t.Context(), "ann", addrOf(i%5))
		if err == nil {
			admitted++
			_ = l.store.client.ScriptFlush(t.Context())
			_, err = a.Failure(t.Context())
		}
		if err != nil && !errors.Is(err, lockout.ErrDelayed) {
			t.Fatal(err)
		}
	}
	if admitted != 10 {
		t.Errorf("%d guesses, want 10", admitted)
	}
}

// After a restart without persistence the counts are gone, and the open attempts end
// without harm. The old connections fail only for a moment.
func TestLoginsSurviveRestart(t *testing.T) {
	server := redistest.Start(t)
	l := newLockoutStore(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "restart")
	g := newGuard(t, l, lockouttest.Plain)
	under, err := g.Begin(t.Context(), "ann", addrOf(1))
	if err != nil {
		t.Fatal(err)
	}
	server.Restart(t)
	var d lockout.Decision
	d, err = under.Failure(t.Context())
	if err != nil {
		if k := kind(err); k != "eof" && k != "reset" {
			t.Error(err)
		}
	} else if d.Failures != 0 {
		t.Errorf("%+v", d)
	}
	admitted := 0
	for i := range 40 {
		a, err := g.Begin(t.Context(), "ann", addrOf(i%5))
		if err == nil {
			admitted++
			_, err = a.Failure(t.Context())
		}
		if err != nil && !errors.Is(err, lockout.ErrDelayed) {
			if k := kind(err); k != "eof" && k != "reset" {
				t.Fatal(err)
			}
		}
	}
	if admitted < 9 || admitted > 10 {
		t.Errorf("%d guesses", admitted)
	}
}

// A Begin whose reply is lost is not sent again, because it would count as two guesses.
func TestLoginsAreSentOnce(t *testing.T) {
	t.Parallel()
	node := clusterNode(t, 0, slotCount-1)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{node.Options().Addr}, MaxRetries: 5})
	defer rdb.Close()
	s := mwtest.Must[*Store](t)(New(rdb, Config{Timeout: time.Second}))
	defer s.Close()
	l := newLockoutStore(t, s, "once")
	ctx := context.Background()
	p := testPolicy
	p.PerAddress, p.PerAccount, p.DelayAfter = 100, 100, 100
	if _, err := l.Begin(ctx, loginKey(1, 1), p); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for range 8 {
		if err := node.Do(ctx, "client", "pause", 40, "write").Err(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := l.Begin(ctx, loginKey(1, 1), p)
			done <- err
		}()
		<-time.After(10 * time.Millisecond)
		_ = node.Do(ctx, "client", "kill", "type", "normal", "skipme", "yes").Err()
		if err := <-done; err != nil {
			lost++
			if k := kind(err); k != "eof" && k != "reset" {
				t.Error(err)
			}
		}
	}
	st, err := l.Begin(ctx, loginKey(1, 1), p)
	if err != nil || lost < 6 || st.Failures > 9 {
		t.Errorf("%d of 8 lost, %+v %v", lost, st, err)
	}
}
