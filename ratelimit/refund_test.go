package ratelimit_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/validate"
)

// A redirect is a success, and the first status of an error is none.
func TestSuccessEndsAt400(t *testing.T) {
	for status, want := range map[int]bool{200: true, 302: true, 399: true, 400: false, 401: false, 500: false} {
		if ratelimit.Succeeded(status) != want || ratelimit.Failed(status) == want {
			t.Errorf("%d", status)
		}
	}
}

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

// A refund of a window with buckets frees its units in the bucket that counted them, and the
// wait of a refusal ends with the bucket that holds the last unit needed.
func TestRefundsOfBuckets(t *testing.T) {
	const bucket = time.Minute / 64
	l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(1000)}})
	key := ratelimit.StringKey("ann")
	first := l.TakeAt(0, key, 400)
	l.TakeAt(32*bucket, key, 600)
	if !l.RefundAt(33*bucket, first, 100) {
		t.Error("not refunded")
	}
	now := 40 * bucket
	if d := l.TakeAt(now, key, 101); d.Allowed || d.RetryAfter != 65*bucket-now {
		t.Errorf("%+v", d)
	}
	if d := l.TakeAt(now, key, 100); !d.Allowed || d.Remaining != 0 {
		t.Errorf("%+v", d)
	}
	for n, leaves := range map[int]time.Duration{1: 65, 300: 65, 301: 97, 900: 97, 901: 105, 1000: 105} {
		if d := l.TakeAt(now, key, n); d.Allowed || d.RetryAfter != leaves*bucket-now {
			t.Errorf("%d units: %+v", n, d)
		}
	}
	if l.RefundAt(66*bucket, first, 300); l.TakeAt(66*bucket, key, 301).Allowed {
		t.Error("a unit that no longer counts was refunded")
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

type resetForm struct {
	Email string `json:"email" validate:"required,email"`
}

// A typed handler limits by a value in the body. The refusal carries Retry-After and the
// RateLimit headers, and the record names the limit.
func TestGuardOverTheWire(t *testing.T) {
	byMail := build(t, ratelimit.Config{Name: "reset", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}})
	var limit string
	h := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{})).Handler(
		validate.Handler(func(ctx context.Context, in *resetForm) (*struct{}, error) {
			err := byMail.Guard(ctx, ratelimit.StringKey(strings.ToLower(in.Email)), func() error { return nil })
			limit = carrier.From(ctx).Facts().Limit
			return nil, err
		}))
	post := func(mail string) *http.Response {
		r := httptest.NewRequest("POST", "/", strings.NewReader(`{"email":"`+mail+`"}`))
		r.Header.Set("Content-Type", "application/json")
		return mwtest.Do(h, r)
	}
	for _, mail := range []string{"a@b.example", "c@b.example"} {
		if res := post(mail); res.StatusCode != http.StatusNoContent || limit != "" {
			t.Fatalf("%s: %d, %q", mail, res.StatusCode, limit)
		}
	}
	res := post("A@b.example")
	mwtest.Refused(t, res, 429, "rate_limited")
	if res.Header.Get("Retry-After") != "3600" || limit != "reset-hour" ||
		res.Header.Get("RateLimit-Policy") != `"reset-hour";q=1;w=3600` || res.Header.Get("RateLimit") != `"reset-hour";r=0;t=3600` {
		t.Errorf("%q: %v", limit, res.Header)
	}
}

// Guard gives units back by the status that the error of the function stands for.
func TestGuardRefunds(t *testing.T) {
	for name, tc := range map[string]struct {
		refundIf func(int) bool
		fn       func() error
		refunds  bool
	}{
		"none":              {nil, func() error { return nil }, false},
		"success":           {ratelimit.Succeeded, func() error { return nil }, true},
		"failure":           {ratelimit.Succeeded, func() error { return httperr.ErrNotFound }, false},
		"wrapped failure":   {func(s int) bool { return s == 404 }, func() error { return errors.Join(httperr.ErrNotFound) }, true},
		"unknown failure":   {func(s int) bool { return s == 500 }, func() error { return errStore }, true},
		"panic is no login": {ratelimit.Succeeded, func() error { panic("planted") }, false},
		"panic":             {ratelimit.Failed, func() error { panic("planted") }, true},
	} {
		l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, RefundIf: tc.refundIf})
		func() {
			defer func() { _ = recover() }()
			_ = l.Guard(ctx, someKey, tc.fn)
		}()
		called := false
		err := l.Guard(ctx, someKey, func() error { called = true; return nil })
		if called != tc.refunds || (err == nil) != tc.refunds || err != nil && !errors.Is(err, ratelimit.ErrLimited) {
			t.Errorf("%s: then called %t, %v", name, called, err)
		}
	}
}

// Refusal hides what Config.Headers hides only in Guard, and is nil for an admission.
func TestRefusal(t *testing.T) {
	l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Headers: ratelimit.HeadersNever})
	first, second := l.Take(ctx, someKey, 1), l.Take(ctx, someKey, 1)
	if first.Refusal() != nil {
		t.Errorf("%v", first.Refusal())
	}
	e, ok := errors.AsType[*httperr.Error](second.Refusal())
	if !ok || !errors.Is(e, ratelimit.ErrLimited) || e.Header.Get("Retry-After") != "3600" || e.Header.Get("RateLimit") == "" {
		t.Errorf("%+v", e)
	}
	if e, _ = errors.AsType[*httperr.Error](l.Guard(ctx, someKey, nil)); len(e.Header) != 1 {
		t.Errorf("%+v", e)
	}
	if d := l.Take(ctx, someKey, 2); d.Refusal() != d.Err {
		t.Errorf("a cost that is never granted: %v", d.Refusal())
	}
}

func TestJoinKeys(t *testing.T) {
	a, b := ratelimit.StringKey("a"), ratelimit.StringKey("b")
	if a.Text() != "a" || ratelimit.JoinKeys(a, b).Text() != "" || addrKey(1).Text() != "" {
		t.Error("Text is of StringKey alone")
	}
	joined, _ := ratelimit.Join(
		func(*http.Request) (ratelimit.Key, bool) { return a, true },
		func(*http.Request) (ratelimit.Key, bool) { return b, true })(nil)
	if ratelimit.JoinKeys(a, b) != joined || ratelimit.JoinKeys(b, a) == joined || ratelimit.JoinKeys(a) == a || ratelimit.JoinKeys() != (ratelimit.Key{}) {
		t.Error("JoinKeys and Join differ")
	}
}
