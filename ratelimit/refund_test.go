package ratelimit_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Only failures count, or only successes. A panic is a failure.
func TestRefundIf(t *testing.T) {
	answer := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, tc := range map[string]struct {
		respond          func(http.ResponseWriter, *http.Request)
		failures, failed bool // whether it counts with RefundIf Succeeded; whether it is a failure
	}{
		"ok":                     {answer(200), false, false},
		"no response":            {func(http.ResponseWriter, *http.Request) {}, false, false},
		"body only":              {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }, false, false},
		"redirect":               {answer(303), false, false},
		"denied":                 {answer(401), true, true},
		"broken":                 {answer(500), true, true},
		"early hints":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(403) }, true, true},
		"second status":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); w.WriteHeader(500) }, false, false},
		"panic":                  {func(http.ResponseWriter, *http.Request) { panic("x") }, true, true},
		"panic after the status": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); panic(http.ErrAbortHandler) }, false, false},
	} {
		for _, store := range []ratelimit.Store{nil, &fakeStore{}} {
			for refund, counts := range map[bool]bool{true: tc.failures, false: !tc.failed} {
				cfg := ratelimit.Config{Name: "login", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, MaxKeys: 1, Store: store, RefundIf: ratelimit.Failed}
				if cfg.Name = "only-successes"; refund {
					cfg.RefundIf, cfg.Name = ratelimit.Succeeded, "only-failures"
				}
				l := build(t, cfg)
				func() {
					defer func() { _ = recover() }()
					ctx, leave := context.WithCancel(t.Context())
					spy := &mwtest.Spy{Respond: func(w http.ResponseWriter, r *http.Request) {
						if d := l.Peek(context.Background(), keyOf(r)); d.Remaining != 0 {
							t.Errorf("%s: a running request must count: %+v", name, d)
						}
						leave() // the client does not wait, but its refund is still due
						tc.respond(w, r)
					}}
					l.Handler(spy).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
				}()
				d, err := l.Check(httptest.NewRequest("GET", "/", nil))
				if d.Allowed == counts || counts && !errors.Is(err, ratelimit.ErrLimited) {
					t.Errorf("%s, %s: %+v, %v", name, cfg.Name, d, err)
				}
			}
		}
	}
}

// A thousand guesses at once are not free because the first has not failed yet: running
// and failed guesses together never exceed the quota.
func TestRefundsDoNotOverAdmit(t *testing.T) {
	for _, quota := range []int{5, 40} {
		var running, failed, most, succeeded atomic.Int64
		l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(quota)}, RefundIf: ratelimit.Succeeded, MaxKeys: 1})
		h := l.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := running.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			if r.Header.Get("X-Guess") == "right" {
				succeeded.Add(1)
				running.Add(-1) // before the refund, because the request counts until then
				return
			}
			failed.Add(1) // a failed guess is not refunded
			w.WriteHeader(http.StatusUnauthorized)
		}))
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(g), uint64(quota)))
				for range 400 {
					r := httptest.NewRequest("GET", "/", nil)
					if rnd.IntN(20) > 0 {
						r.Header.Set("X-Guess", "right")
					}
					h.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
		}
		wg.Wait()
		if most.Load() > int64(quota) || failed.Load() != int64(quota) || succeeded.Load() == 0 {
			t.Errorf("quota %d: %d at once, %d failed, %d succeeded", quota, most.Load(), failed.Load(), succeeded.Load())
		}
	}
}

// Outside, an http.TimeoutHandler keeps the bound: the running handler counts, and its
// own outcome decides. Inside, it answers for a handler that still runs, and breaks the
// bound.
func TestRefundsAndTimeoutHandler(t *testing.T) {
	timeout := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, 5*time.Millisecond, "") }
	for name, tc := range map[string]struct {
		chain func(*ratelimit.Limiter, http.Handler) http.Handler
		holds bool
	}{
		"outside": {func(l *ratelimit.Limiter, h http.Handler) http.Handler { return timeout(l.Handler(h)) }, true},
		"inside":  {func(l *ratelimit.Limiter, h http.Handler) http.Handler { return l.Handler(timeout(h)) }, false},
	} {
		l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(2)}, RefundIf: ratelimit.Failed, MaxKeys: 1})
		var running atomic.Int64
		end, ended := make(chan struct{}), make(chan struct{}, 10)
		h := tc.chain(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			running.Add(1)
			<-end
			w.WriteHeader(http.StatusNotFound)
			ended <- struct{}{}
		}))
		for range 5 {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}
		n := running.Load()
		if (n <= 2) != tc.holds || n < 2 {
			t.Errorf("%s: %d requests run, with a quota of 2", name, n)
		}
		close(end)
		for range n {
			<-ended
		}
		if !tc.holds {
			continue
		}
		// The handlers fail in the end, and are refunded when they return.
		for until := time.Now().Add(5 * time.Second); l.Peek(t.Context(), keyOf(httptest.NewRequest("GET", "/", nil))).Remaining != 2; runtime.Gosched() {
			if time.Now().After(until) {
				t.Fatalf("%s: not refunded", name)
			}
		}
	}
}
