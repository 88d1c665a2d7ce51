package sessionfaults

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

const (
	checkBudget   = 25 * time.Millisecond
	refreshBudget = 100 * time.Millisecond
	holeRounds    = 20
	holeCalls     = 4 // of a round: fewer than open a circuit breaker
	holeSlack     = 5 * time.Millisecond
)

// silent is a store that never answers, and returns at the deadline of a call: the fastest
// that a call in a black hole can be on this machine.
type silent struct{ sessionstore.Store }

func (silent) Check(ctx context.Context, _ sessionstore.Query) (v sessionstore.Verdict, err error) {
	<-ctx.Done()
	return v, ctx.Err()
}

func (silent) Read(ctx context.Context, _ string) (r sessionstore.Record, found bool, err error) {
	<-ctx.Done()
	return r, false, ctx.Err()
}

// A timing holds how long calls took.
type timing []time.Duration

func (d timing) quantile(percent int) time.Duration {
	slices.Sort(d)
	return d[(len(d)-1)*percent/100]
}

func (d timing) String() string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }
	return fmt.Sprintf("p50 %s  p90 %s  max %s ms", ms(d.quantile(50)), ms(d.quantile(90)), ms(d.quantile(100)))
}

// waits returns how much longer calls take in a black hole than with a silent store, at the
// median and for three of four calls, for checks and for refreshes. The slowest calls say
// more about the machine than about the store.
func waits(t *testing.T, open func(testing.TB, string) sessionstore.Store) (excess time.Duration) {
	t.Helper()
	p := newProxy(t, redistest.Start(t).Addr)
	var baseChecks, checks, baseRefreshes, refreshes timing
	for range holeRounds {
		store := open(t, p.addr)
		s := newService(t, store, policy{budget: refreshBudget})
		sid, token := s.login(t, "ann")
		quiet := newService(t, silent{}, policy{budget: refreshBudget})
		check, quietCheck := newChecker(t, store, checkBudget), newChecker(t, silent{}, checkBudget)
		if !newChecker(t, store, time.Second).passes(t, "ann", sid) {
			t.Fatal("revoked before anything is wrong")
		}
		p.hole.Store(true)
		for i := range holeCalls {
			baseChecks = append(baseChecks, timeCheck(t, quietCheck, sid))
			checks = append(checks, timeCheck(t, check, sid))
			if i%2 == 0 {
				baseRefreshes = append(baseRefreshes, timeRefresh(t, quiet, token))
				refreshes = append(refreshes, timeRefresh(t, s, token))
			}
		}
		p.hole.Store(false)
		p.reset()
	}
	t.Logf("check:   silent store %v   black hole %v   (budget %v)", baseChecks, checks, checkBudget)
	t.Logf("refresh: silent store %v   black hole %v   (budget %v)", baseRefreshes, refreshes, refreshBudget)
	for _, percent := range []int{50, 75} {
		excess = max(excess, checks.quantile(percent)-baseChecks.quantile(percent))
		excess = max(excess, refreshes.quantile(percent)-baseRefreshes.quantile(percent))
	}
	return excess
}

func timeCheck(t *testing.T, c checker, sid string) time.Duration {
	t.Helper()
	start := time.Now()
	_, err := c.Revoked(t.Context(), accessToken("ann", sid))
	if err == nil {
		t.Error("a check was answered in a black hole")
	}
	return time.Since(start)
}

func timeRefresh(t *testing.T, s *service, token string) time.Duration {
	t.Helper()
	start := time.Now()
	if _, status := s.refresh(t.Context(), token); status != http.StatusServiceUnavailable {
		t.Errorf("status %d in a black hole", status)
	}
	return time.Since(start)
}

// In a black hole a check and a refresh are answered within their budget, and 5 ms.
func TestBlackHole(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			excess := waits(t, func(tb testing.TB, addr string) sessionstore.Store { return b.open(tb, newClient(tb, addr), false) })
			if excess > holeSlack {
				t.Errorf("late by %v", excess)
			}
		})
	}
}

// The same calls detect a store that does not end with the deadline of its context.
func TestBlackHoleDetectsMistakes(t *testing.T) {
	excess := waits(t, func(tb testing.TB, addr string) sessionstore.Store {
		c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, ReadTimeout: 200 * time.Millisecond})
		tb.Cleanup(func() { _ = c.Close() })
		return plain{client: c, patient: true}
	})
	if excess <= holeSlack {
		t.Errorf("passes: late by %v", excess)
	}
}
