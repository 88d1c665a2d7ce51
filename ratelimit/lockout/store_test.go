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
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// recorder is a store that remembers for whom it was asked, answers with what it
// is given, and waits for the context if told so.
type recorder struct {
	lockout.Store
	accounts [][16]byte
	keys     []lockout.Key
	state    lockout.State
	settled  []lockout.Outcome
	err      error
	hang     bool
}

func (s *recorder) record(ctx context.Context, account [16]byte) error {
	s.accounts = append(s.accounts, account)
	if s.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.err
}

func (s *recorder) Begin(ctx context.Context, k lockout.Key, _ lockout.Policy) (lockout.State, error) {
	s.keys = append(s.keys, k)
	return s.state, s.record(ctx, k.Account)
}

func (s *recorder) Settle(ctx context.Context, k lockout.Key, _ lockout.State, o lockout.Outcome, _ lockout.Policy) (lockout.State, error) {
	s.settled = append(s.settled, o)
	return s.state, s.record(ctx, k.Account)
}

func (s *recorder) Unlock(ctx context.Context, account [16]byte) error { return s.record(ctx, account) }
func (s *recorder) Forget(ctx context.Context, account [16]byte) error { return s.record(ctx, account) }
func (s *recorder) Issue(ctx context.Context, account [16]byte, _ [32]byte, _ time.Duration) error {
	return s.record(ctx, account)
}
func (s *recorder) Redeem(ctx context.Context, k lockout.Key, _ [32]byte, _ lockout.Policy) (bool, error) {
	s.keys = append(s.keys, k)
	return true, s.record(ctx, k.Account)
}

func onStore(t *testing.T, s lockout.Store) *lockout.Guard {
	t.Helper()
	return mwtest.Must[*lockout.Guard](t)(lockout.New(lockout.Config{Store: s, Secret: make([]byte, 32)}))
}

var errDown = errors.New("redis: connection refused")

// Without the store nobody guesses, and the record says why.
func TestStoreDown(t *testing.T) {
	rec, r := carrier.Ensure(httptest.NewRequest("POST", "/login", nil))
	ctx := r.Context()
	s := &recorder{state: lockout.State{Allowed: true}}
	g := onStore(t, s)
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
		t.Error("a token that is stored nowhere")
	}
	if rec.Facts().Events != carrier.StoreDegraded {
		t.Errorf("events %b", rec.Facts().Events)
	}
}

func TestStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := onStore(t, &recorder{hang: true})
		start := time.Now()
		_, err := g.Begin(t.Context(), "ann", addrAt(1))
		if took := time.Since(start); !errors.Is(err, lockout.ErrUnavailable) || took != 250*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// A client that hangs up changes nothing of what its login comes to, and is not
// a store that is down.
func TestClientHangUp(t *testing.T) {
	rec, r := carrier.Ensure(httptest.NewRequest("POST", "/login", nil))
	ctx, leave := context.WithCancel(r.Context())
	s := &recorder{state: lockout.State{Allowed: true}}
	g := onStore(t, s)
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

// Only the first settlement of an attempt counts.
func TestFirstSettlementCounts(t *testing.T) {
	s := &recorder{state: lockout.State{Allowed: true}}
	g := onStore(t, s)
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

// What cannot be a token is neither hashed, however long it is, nor asked about.
func TestMalformedTokenDoesNotReachTheStore(t *testing.T) {
	s := new(recorder)
	g := mwtest.Must[*lockout.Guard](t)(lockout.New(lockout.Config{Store: s, Secret: make([]byte, 32)}))
	for _, token := range []string{"", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 1<<20)} {
		if err := g.Redeem(t.Context(), "ann", token, addrAt(1)); !errors.Is(err, lockout.ErrToken) {
			t.Errorf("%d letters: %v", len(token), err)
		}
	}
	if len(s.accounts) > 0 {
		t.Errorf("asked %d times", len(s.accounts))
	}
	_ = g.Redeem(t.Context(), "ann", strings.Repeat("A", 43), addrAt(1))
	if len(s.accounts) != 1 {
		t.Error("a possible token is asked about")
	}
}
