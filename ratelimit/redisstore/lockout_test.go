package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/lockouttest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var secret = []byte("a secret for tests, of 32 bytes.")

func newLockoutStore(tb testing.TB, s *Store, name string) *lockoutStore {
	tb.Helper()
	return mwtest.Must[lockout.Store](tb)(s.Lockout(name)).(*lockoutStore)
}

func newGuard(tb testing.TB, s lockout.Store, cfg lockout.Config) *lockout.Guard {
	tb.Helper()
	cfg.Store, cfg.Secret = s, secret
	cfg.MaxAccounts = 0 // of cases shared with package lockout: Redis has no such bound
	if cfg.Budget == 0 {
		cfg.Budget = time.Minute // so that Config.Timeout ends a call
	}
	return mwtest.Must[*lockout.Guard](tb)(lockout.New(cfg))
}

// TestLockoutBehaves runs the behaviour suite of the memory store, by the clock of
// Redis.
func TestLockoutBehaves(t *testing.T) {
	server, clock := redistest.StartWithClock(t)
	store := newStore(t, server.Addr, Config{Timeout: time.Second})
	for i, b := range lockouttest.Behaviours() {
		t.Run(b.Name, func(t *testing.T) {
			b.Run(lockouttest.Rig{
				T: t, Guard: newGuard(t, newLockoutStore(t, store, "behaves-"+strconv.Itoa(i)), b.Config),
				Pass: clock.Shift, Tick: 400 * time.Millisecond,
			})
		})
	}
}

func TestLockoutRefusesNames(t *testing.T) {
	s := newStore(t, "127.0.0.1:1", Config{})
	for _, name := range []string{"", "a b", "a:b", "{a}", string(make([]byte, 65))} {
		if l, err := s.Lockout(name); l != nil {
			t.Errorf("%q: a store", name)
		} else {
			mwtest.Faults(t, err, "ratelimit/redisstore: name")
		}
	}
}

func packReply(integers []int64) (r redisscript.Reply) {
	for _, i := range integers {
		r = binary.BigEndian.AppendUint64(r, uint64(i))
	}
	return r
}

func TestMalformedReplies(t *testing.T) {
	for _, r := range [][]int64{nil, {1}, {1, 2, 3}, {1, 2, 3, 4, 5}, {8, 0, 0, 0}, {-2, 0, 0, 0}, {1, -1, 0, 0}, {1, 0, -1, 0}, {1, 0, 0, -1}} {
		if st, err := loginState(packReply(r)); kind(err) != "unexpected" || st != (lockout.State{}) {
			t.Errorf("%d: %+v %v", r, st, err)
		}
	}
	if st, err := loginState(packReply([]int64{-1, 0, 0, 0})); kind(err) != "corrupt" || st.Allowed {
		t.Errorf("%+v %v", st, err)
	}
	want := lockout.State{Allowed: true, Known: true, Locked: true, Failures: 3, Wait: 4 * time.Microsecond, Stamp: 5}
	if st, err := loginState(packReply([]int64{7, 3, 4, 5})); err != nil || st != want {
		t.Errorf("%+v %v", st, err)
	}
}

// A call that is refused before it is sent counts nothing.
func TestRefusedLoginsAreNotSent(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "unsent")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Begin(ctx, loginKey(1, 1), testPolicy); kind(err) != "canceled" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := l.Settle(t.Context(), loginKey(1, 1), lockout.State{}, 3, testPolicy); kind(err) != "unexpected" {
		t.Error(err)
	}
	if n := l.store.client.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys", n)
	}
}

// The stored data contains no account, address or token in plain text, and its key is
// no key of a window.
func TestLoginKeysRevealNothing(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second, Prefix: "shop"})
	l := newLockoutStore(t, s, "login")
	g := newGuard(t, l, lockout.Config{})
	if _, err := g.Begin(t.Context(), "ann@example.com", addrOf(1)); err != nil {
		t.Fatal(err)
	}
	token, err := g.Issue(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	keys := s.client.Keys(t.Context(), "*").Val()
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "shop:login:lockout:{") || !strings.HasSuffix(keys[0], "}") || len(keys[0]) != len("shop:login:lockout:{}")+22 {
		t.Fatalf("keys %q", keys)
	}
	address := addrOf(1).As4()
	value := s.client.Get(t.Context(), keys[0]).Val()
	for _, plain := range []string{"ann", "example", token, string(address[:]), addrOf(1).String()} {
		if strings.Contains(keys[0]+value, plain) {
			t.Errorf("%q is stored", plain)
		}
	}
}

// Two policies in turn: each call passes its own policy to the script.
func TestAlternatingPolicies(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "turns")
	strict := testPolicy
	strict.PerAddress, strict.DelayAfter = 1, 1
	for range 3 {
		if st, err := l.Begin(t.Context(), loginKey(1, 1), testPolicy); err != nil || !st.Allowed {
			t.Fatalf("%+v %v", st, err)
		}
		if st, err := l.Begin(t.Context(), loginKey(1, 1), strict); err != nil || st.Allowed || !st.Locked {
			t.Fatalf("%+v %v", st, err)
		}
	}
}

// newClockedRig returns a rig on a server whose clock moves, and a function that
// returns the time to live of the only key in it, 0 if there is no key.
func newClockedRig(t *testing.T) (lockouttest.Rig, func() time.Duration) {
	server, clock := redistest.StartWithClock(t)
	clock.Stop()
	l := newLockoutStore(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "clock")
	r := lockouttest.Rig{T: t, Guard: newGuard(t, l, lockouttest.Plain), Pass: clock.Shift, Tick: 400 * time.Millisecond}
	return r, func() time.Duration {
		ctx := t.Context()
		keys := mwtest.Must[[]string](t)(l.store.client.Keys(ctx, "*").Result())
		if len(keys) > 1 {
			t.Fatalf("keys %q", keys)
		}
		if len(keys) == 0 {
			return 0
		}
		left := mwtest.Must[time.Duration](t)(l.store.client.PTTL(ctx, keys[0]).Result())
		if left <= 0 {
			t.Fatalf("%s lives for %v", keys[0], left)
		}
		return left
	}
}

// A key lives as long as some counter in it counts, and no longer.
func TestLoginKeysExpire(t *testing.T) {
	r, left := newClockedRig(t)
	ctx := t.Context()
	want := func(event string, want time.Duration) {
		t.Helper()
		if got := left(); (got-want).Abs() > 2*time.Second || (got == 0) != (want == 0) {
			t.Errorf("%s: it lives for %v, want %v", event, got, want)
		}
	}
	const hour, days = time.Hour, 90 * 24 * time.Hour
	a := r.Admitted("ann", 1)
	want("begun", hour)
	_ = a.Cancel(ctx)
	want("cancelled", 0)
	r.Wrong("ann", 1)
	want("failed", hour)
	r.Pass(hour / 2)
	r.Guesses("ann", 1, 9)
	want("failed again", hour)
	r.Refused("ann", 1, "3600")
	r.Pass(hour / 4)
	r.Refused("ann", 1, "2700")
	want("a refusal writes nothing", hour*3/4)
	_ = r.Unlock(ctx, "ann")
	want("unlocked", 0)
	under := r.Admitted("ann", 1)
	r.Wrong("ann", 1)
	_ = r.Unlock(ctx, "ann")
	want("unlocked with an attempt under way", hour)
	_, _ = under.Failure(ctx)
	r.Pass(hour + time.Second)
	want("an hour without a failure", 0)
	_, _ = r.Issue(ctx, "ann")
	want("a token", hour/2)
	_ = r.Unlock(ctx, "ann")
	want("a token that Unlock ended", 0)
	_ = r.Redeem(ctx, "ann", "0123456789012345678901234567890123456789012", addrOf(1))
	want("nothing to redeem", 0)
	_ = r.Forget(ctx, "ann")
	want("nothing to forget, but for a login that may be under way", 10*time.Minute)
	r.Right("ann", 1)
	want("known", days)
	r.Pass(days / 2)
	r.Wrong("ann", 2)
	want("known, and failed elsewhere", days/2)
	_ = r.Forget(ctx, "ann")
	want("forgotten", days/2) // Forget does not know how long a failure counts
	r.Wrong("ann", 3)
	want("forgotten, and failed", hour)
}

// A clock that is set back gives no further guess. A clock that is set forward lets time
// pass.
func TestLoginsWithASteppedClock(t *testing.T) {
	r, _ := newClockedRig(t)
	r.Right("ann", 9)
	r.Wrong("ann", 1)
	r.Wrong("ann", 1)
	r.Pass(-10 * time.Minute)
	late := r.Admitted("ann", 1)
	if n := r.Guesses("ann", 1, 9); n != 1 {
		t.Errorf("%d guesses after three of four", n)
	}
	r.Refused("ann", 1, "3600")
	_ = late.Cancel(t.Context())
	if n := r.Guesses("ann", 1, 9); n != 1 {
		t.Errorf("%d guesses after one was cancelled", n)
	}
	r.Pass(time.Hour - r.Tick)
	r.Refused("ann", 1, "1")
	r.Pass(r.Tick)
	if n := r.Guesses("ann", 1, 9); n != 4 {
		t.Errorf("%d guesses after the lockout", n)
	}
	r.Pass(-24 * time.Hour)
	for range 5 {
		r.Right("ann", 9)
	}
}

// No delay is longer than MaxDelay and no lockout longer than Window, however far ahead
// the clock was for a moment. The time of an account goes on from its next attempt.
func TestWaitsAreBoundedWhenTheClockIsSetBack(t *testing.T) {
	const year = 365 * 24 * time.Hour
	server, clock := redistest.StartWithClock(t)
	l := newLockoutStore(t, newStore(t, server.Addr, Config{Timeout: time.Second}), "clock")
	cfg := lockout.Config{PerAddress: 4, PerAccount: 9, DelayAfter: 2, FirstDelay: 4 * time.Second, MaxDelay: 4 * time.Second}
	r := lockouttest.Rig{T: t, Guard: newGuard(t, l, cfg), Pass: clock.Shift, Tick: 400 * time.Millisecond}
	ctx := t.Context()

	r.Right("ann", 1)
	r.Pass(year) // the address is no longer known
	r.Right("ann", 1)
	r.Wrong("ann", 1)
	running := r.Admitted("ann", 1)
	r.Pass(-year)
	for range 3 {
		r.Refused("ann", 1, "4")
	}
	r.Pass(4 * time.Second)
	_ = running.Cancel(ctx)
	if d := r.Wrong("ann", 1); !d.Known || d.Failures != 2 {
		t.Errorf("the second failure: %+v", d)
	}
	r.Refused("ann", 1, "4")

	r.Pass(2 * year)
	for range 4 {
		r.Wrong("bob", 1)
		r.Pass(4 * time.Second)
	}
	r.Pass(-2 * year)
	r.Refused("bob", 1, "3600")
	r.Pass(time.Hour - r.Tick)
	r.Refused("bob", 1, "1")
	r.Pass(r.Tick)
	r.Wrong("bob", 1)
	for _, key := range l.store.client.Keys(ctx, "*").Val() {
		if left := l.store.client.PTTL(ctx, key).Val(); left > 91*24*time.Hour {
			t.Errorf("%s lives for %v", key, left)
		}
	}
}

// Each of two processes with different limits applies its own limits, and neither makes
// the other's values unreadable.
func TestLimitsChangeWhileProcessesRun(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second})
	rig := func(cfg lockout.Config) lockouttest.Rig {
		return lockouttest.Rig{T: t, Guard: newGuard(t, newLockoutStore(t, s, "deploy"), cfg)}
	}
	old := rig(lockout.Config{PerAddress: 50, PerAccount: 100, DelayAfter: 50, Window: 24 * time.Hour})
	fresh := rig(lockout.Config{PerAddress: 2, PerAccount: 3, DelayAfter: 2, MaxKnown: 1, Window: time.Hour})
	for i := range 4 {
		old.Right("ann", i)
	}
	if n := old.Guesses("ann", 9, 20); n != 20 {
		t.Errorf("%d guesses by the old limits", n)
	}
	fresh.Refused("ann", 9, "3600")
	fresh.Refused("ann", 10, "3600")
	fresh.Right("ann", 0)
	if n := old.Guesses("ann", 9, 100); n != 30 {
		t.Errorf("%d more by the old limits", n)
	}
	token := mwtest.Must[string](t)(fresh.Issue(t.Context(), "ann"))
	if err := fresh.Redeem(t.Context(), "ann", token, addrOf(30)); err != nil {
		t.Fatal(err)
	}
	for from, known := range map[int]bool{0: false, 1: false, 30: true} {
		if a := fresh.Admitted("ann", from); a.Decision.Known != known {
			t.Errorf("address %d is known: %v", from, a.Decision.Known)
		}
	}
}

// The number of remembered addresses is bounded. If an owner logs in from ever more
// addresses, and fails there, some login makes no further address known, and keeps all
// counts.
func TestKnownAddressesAreBounded(t *testing.T) {
	r, _ := newClockedRig(t)
	for i := range 140 {
		r.Right("ann", i)
		a := r.Admitted("ann", i)
		if a.Decision.Known != (i < 128) {
			t.Fatalf("address %d is known: %v", i, a.Decision.Known)
		}
		if a.Decision.Known {
			_, _ = a.Failure(t.Context())
			r.Guesses("ann", i, 9)
		} else {
			_ = a.Cancel(t.Context())
		}
	}
	for i := range 128 {
		r.Refused("ann", i, "3600")
	}
	r.Pass(time.Hour)
	r.Right("ann", 139)
	if a := r.Admitted("ann", 139); !a.Decision.Known {
		t.Error("an address is not known although there is room")
	}
}

func TestLockoutAllocs(t *testing.T) {
	l := newLockoutStore(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "allocs")
	g := newGuard(t, l, lockout.Config{})
	ctx := t.Context()
	mwtest.MaxAllocs(t, "Begin and Success", 36, func() {
		a, err := g.Begin(ctx, "ann", addrOf(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Success(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
