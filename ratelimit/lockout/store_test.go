package lockout_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var errDown = errors.New("redis: connection refused")

// Without the store all guesses are refused, and the record says why.
func TestStoreDown(t *testing.T) {
	rec, r := carrier.Ensure(httptest.NewRequest("POST", "/login", nil))
	ctx := r.Context()
	s := &recorder{state: lockout.State{Allowed: true}}
	g := newGuardOnStore(t, s)
	a, err := g.Begin(ctx, "ann", addrAt(1))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := g.Begin(ctx, "ann", addrAt(1))
	c, _ := g.Begin(ctx, "ann", addrAt(1))
	if rec.Facts().Events != 0 {
		t.Fatalf("events %b", rec.Facts().Events)
	}
	s.err = errDown
	_, begin := g.Begin(ctx, "ann", addrAt(1))
	_, failure := b.Failure(ctx)
	token, issue := g.Issue(ctx, "ann")
	for call, err := range map[string]error{
		"Begin": begin, "Failure": failure, "Success": a.Success(ctx), "Cancel": c.Cancel(ctx), "Issue": issue,
		"Redeem": g.Redeem(ctx, "ann", strings.Repeat("A", 43), addrAt(1)), "Unlock": g.Unlock(ctx, "ann"), "Forget": g.Forget(ctx, "ann"),
	} {
		if !errors.Is(err, lockout.ErrUnavailable) || !errors.Is(err, errDown) {
			t.Errorf("%s: %v", call, err)
		}
	}
	if token != "" {
		t.Error("Issue returned a token that is not stored")
	}
	if rec.Facts().Events != carrier.StoreDegraded {
		t.Errorf("events %b", rec.Facts().Events)
	}
}

func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuardOnStore(t, &recorder{hang: true})
		start := time.Now()
		_, err := g.Begin(t.Context(), "ann", addrAt(1))
		if took := time.Since(start); !errors.Is(err, lockout.ErrUnavailable) || took != 250*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// A client that hangs up does not change the outcome of its login, and is no failure of
// the store.
func TestClientHangUp(t *testing.T) {
	rec, r := carrier.Ensure(httptest.NewRequest("POST", "/login", nil))
	ctx, leave := context.WithCancel(r.Context())
	s := &recorder{state: lockout.State{Allowed: true}}
	g := newGuardOnStore(t, s)
	a, _ := g.Begin(ctx, "ann", addrAt(1))
	b, _ := g.Begin(ctx, "ann", addrAt(1))
	leave()
	if err := a.Success(ctx); err != nil {
		t.Error(err)
	}
	if _, err := b.Failure(ctx); err != nil {
		t.Error(err)
	}
	if _, err := g.Begin(ctx, "ann", addrAt(1)); !errors.Is(err, lockout.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if rec.Facts().Events != 0 {
		t.Errorf("events %b", rec.Facts().Events)
	}
}

// Only the first outcome of an attempt counts.
func TestFirstSettlementCounts(t *testing.T) {
	s := &recorder{state: lockout.State{Allowed: true}}
	g := newGuardOnStore(t, s)
	a, _ := g.Begin(t.Context(), "ann", addrAt(1))
	_, _ = a.Failure(t.Context())
	d, err := a.Failure(t.Context())
	if err := errors.Join(err, a.Success(t.Context()), a.Cancel(t.Context())); err != nil || d.Failures != 0 {
		t.Errorf("%v %+v", err, d)
	}
	if len(s.settled) != 1 || s.settled[0] != lockout.Failed {
		t.Errorf("settled %v", s.settled)
	}
}

// A string that cannot be a token is neither hashed nor sent to the store.
func TestMalformedTokenDoesNotReachTheStore(t *testing.T) {
	s := new(recorder)
	g := newGuardOnStore(t, s)
	for _, token := range []string{"", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 1<<20)} {
		if err := g.Redeem(t.Context(), "ann", token, addrAt(1)); !errors.Is(err, lockout.ErrToken) {
			t.Errorf("%d letters: %v", len(token), err)
		}
	}
	if len(s.accounts) > 0 {
		t.Errorf("the store got %d calls", len(s.accounts))
	}
	_ = g.Redeem(t.Context(), "ann", strings.Repeat("A", 43), addrAt(1))
	if len(s.accounts) != 1 {
		t.Error("a well-formed token must reach the store")
	}
}
