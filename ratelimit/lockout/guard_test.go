package lockout_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// loginHandler is a login handler as a caller writes it.
func loginHandler(g *lockout.Guard, password string) http.Handler {
	return httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		attempt, err := g.Begin(ctx, r.PostFormValue("account"), netip.MustParseAddr("192.0.2.7"))
		if err != nil {
			return err
		}
		if r.PostFormValue("password") != password {
			_, err := attempt.Failure(ctx)
			w.WriteHeader(http.StatusUnauthorized)
			return err
		}
		return attempt.Success(ctx)
	})
}

func loginRequest(account, password string) *http.Request {
	r := httptest.NewRequest("POST", "/login", strings.NewReader("account="+account+"&password="+password))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// A refusal says only that it is a refusal. It is the same for a delay, a lockout, an
// account that exists and an account that does not.
func TestOverTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, lockout.Config{PerAddress: 2, DelayAfter: 1, FirstDelay: 1500 * time.Millisecond})
		h := loginHandler(g, "right")
		var messages []string
		for _, account := range []string{"ann@hunter2.example", "missing"} {
			for _, wait := range []string{"2", "3600"} {
				if res := mwtest.Do(h, loginRequest(account, "wrong")); res.StatusCode != 401 {
					t.Fatalf("%s: %d", account, res.StatusCode)
				}
				res := mwtest.Do(h, loginRequest(account, "right")) // refused before the password is compared
				mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id", "Retry-After")
				if got := res.Header.Get("Retry-After"); got != wait {
					t.Errorf("%s: Retry-After %s, want %s", account, got, wait)
				}
				messages = append(messages, mwtest.Refused(t, res, 429, "login_delayed").Message)
				time.Sleep(1500 * time.Millisecond)
			}
		}
		for _, m := range messages {
			if m != messages[0] {
				t.Errorf("%q and %q", m, messages[0])
			}
		}
		mwtest.Unshared(t, func(http.Handler) http.Handler { return h }, func() *http.Request { return loginRequest("missing", "wrong") })
	})
}

// The record of the request has the event when a login is refused, and when a failure
// begins a lockout, but not before.
func TestEvents(t *testing.T) {
	g := newGuard(t, noDelays)
	for i, want := range []carrier.Events{0, 0, 0, carrier.Lockout, carrier.Lockout} {
		rec, r := carrier.Ensure(loginRequest("ann", "wrong"))
		mwtest.Do(loginHandler(g, "right"), r)
		if got := rec.Facts().Events; got != want {
			t.Errorf("attempt %d: events %b, want %b", i+1, got, want)
		}
	}
}

type contextKey struct{}

// The hooks get the decision and the context of the request, but never the name of the
// account.
func TestHooks(t *testing.T) {
	var observed, thresholds []string
	recordInto := func(into *[]string) func(context.Context, lockout.Decision) {
		return func(ctx context.Context, d lockout.Decision) {
			if ctx.Value(contextKey{}) != "request" || d.Account == [16]byte{} {
				t.Errorf("%v %+v", ctx, d)
			}
			*into = append(*into, fmt.Sprintf("allowed %v known %v challenge %v locked %v %d %v",
				d.Allowed, d.Known, d.Challenge, d.Locked, d.Failures, d.RetryAfter))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, lockout.Config{
			PerAddress: 3, PerAccount: 4, DelayAfter: 3, ChallengeAfter: 2, Observe: recordInto(&observed), OnThreshold: recordInto(&thresholds),
		})
		ctx := context.WithValue(t.Context(), contextKey{}, "request")
		for _, from := range []int{1, 1, 1, 1, 2, 3} {
			if a, err := g.Begin(ctx, "ann", addrAt(from)); err == nil {
				_, _ = a.Failure(ctx)
			}
		}
	})
	want := []string{
		"allowed true known false challenge false locked false 0 0s",
		"allowed true known false challenge false locked false 1 0s",
		"allowed true known false challenge true locked false 2 0s",
		"allowed false known false challenge true locked true 3 1h0m0s",
		"allowed true known false challenge true locked false 3 0s",
		"allowed false known false challenge true locked true 4 1h0m0s",
	}
	wantThresholds := []string{
		"allowed false known false challenge true locked false 2 0s",
		"allowed false known false challenge true locked true 3 1h0m0s",
		"allowed false known false challenge true locked true 4 1h0m0s",
	}
	if fmt.Sprint(observed) != fmt.Sprint(want) {
		t.Errorf("observed\n%s", strings.Join(observed, "\n"))
	}
	if fmt.Sprint(thresholds) != fmt.Sprint(wantThresholds) {
		t.Errorf("thresholds\n%s", strings.Join(thresholds, "\n"))
	}
}

func TestAllocs(t *testing.T) {
	g := newGuard(t, lockout.Config{})
	ctx := t.Context()
	from := addrAt(1)
	mwtest.MaxAllocs(t, "Begin and Success", 1, func() {
		a, err := g.Begin(ctx, "ann@example.com", from)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Success(ctx)
	})
	i := 0
	mwtest.MaxAllocs(t, "Begin and Failure of a new account", 2, func() {
		i++
		a, err := g.Begin(ctx, "account "+string(rune('0'+i)), from)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = a.Failure(ctx)
	})
	for range 3 {
		a, _ := g.Begin(ctx, "ann@example.com", from)
		_, _ = a.Failure(ctx)
	}
	mwtest.MaxAllocs(t, "refusal", 6, func() {
		if _, err := g.Begin(ctx, "ann@example.com", from); err == nil {
			t.Fatal("admitted")
		}
	})
}
