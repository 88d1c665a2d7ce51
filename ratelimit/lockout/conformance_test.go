package lockout_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	httperr "github.com/go-sallyport/sallyport/errors"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A rig is a guard on some store, and the clock of that store.
type rig struct {
	*testing.T
	*lockout.Guard
	pass func(time.Duration)
}

// A behaviour is one that every Store has.
type behaviour struct {
	name string
	cfg  lockout.Config
	run  func(rig)
}

// TestMemory runs them on the memory store, in a bubble of time.
func TestMemory(t *testing.T) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b.run(rig{t, mwtest.Must[*lockout.Guard](t)(lockout.New(b.cfg)), time.Sleep})
			})
		})
	}
}

func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}) }

// begin is a Begin that is to be admitted.
func (r rig) begin(account string, from int) *lockout.Attempt {
	r.Helper()
	a, err := r.Begin(r.Context(), account, addr(from))
	if err != nil {
		r.Fatalf("%s from %d: %v", account, from, err)
	}
	return a
}

func (r rig) fail(account string, from int) lockout.Decision {
	r.Helper()
	d, err := r.begin(account, from).Failure(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return d
}

func (r rig) succeed(account string, from int) {
	r.Helper()
	if err := r.begin(account, from).Success(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// refused is a Begin that is to be refused, with that Retry-After in seconds.
func (r rig) refused(account string, from int, retryAfter string) {
	r.Helper()
	_, err := r.Begin(r.Context(), account, addr(from))
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || !errors.Is(err, lockout.ErrDelayed) || e.Header.Get("Retry-After") != retryAfter {
		r.Fatalf("%s from %d: %v, want a wait of %s: %+v", account, from, err, retryAfter, e)
	}
}

// guesses fails as often as it can of so many tries.
func (r rig) guesses(account string, from, tries int) (admitted int) {
	for range tries {
		if a, err := r.Begin(r.Context(), account, addr(from)); err == nil {
			admitted++
			_, _ = a.Failure(r.Context())
		}
	}
	return admitted
}

// A policy without delays shows the limits alone.
var plain = lockout.Config{PerAddress: 4, PerAccount: 10, DelayAfter: 4, Window: time.Hour}

var behaviours = []behaviour{
	{"delays double up to the longest, then lock", lockout.Config{PerAddress: 7, DelayAfter: 2, FirstDelay: time.Second, MaxDelay: 5 * time.Second}, func(r rig) {
		r.fail("ann", 1)
		for i, wait := range []time.Duration{1, 2, 4, 5, 5} {
			d := r.fail("ann", 1)
			if d.RetryAfter != wait*time.Second || d.Failures != i+2 || d.Locked {
				r.Fatalf("failure %d: %+v, want a wait of %d s", i+2, d, wait)
			}
			r.refused("ann", 1, fmt.Sprint(int(wait)))
			r.pass(wait*time.Second - 300*time.Millisecond)
			r.refused("ann", 1, "1")
			r.pass(300 * time.Millisecond)
		}
		if d := r.fail("ann", 1); !d.Locked || d.RetryAfter != time.Hour {
			r.Fatalf("the last: %+v", d)
		}
		r.refused("ann", 1, "3600")
		r.pass(time.Hour - time.Millisecond)
		r.refused("ann", 1, "1")
		r.pass(time.Millisecond)
		if d := r.fail("ann", 1); d.Failures != 1 || d.RetryAfter != 0 {
			r.Fatalf("after the lockout: %+v", d)
		}
	}},
	{"an address is locked, others are not, until the account is", plain, func(r rig) {
		for i := range 2 {
			if n := r.guesses("ann", i, 9); n != 4 {
				r.Fatalf("%d guesses from address %d", n, i)
			}
		}
		if d := r.fail("ann", 2); d.Failures != 9 || d.Locked {
			r.Fatalf("the ninth: %+v", d)
		}
		if d := r.fail("ann", 3); d.Failures != 10 || !d.Locked {
			r.Fatalf("the tenth: %+v", d)
		}
		r.refused("ann", 4, "3600")
		r.fail("bob", 4)
		r.pass(time.Hour)
		r.fail("ann", 4)
	}},
	{"a success forgets the failures of its address alone", plain, func(r rig) {
		r.guesses("ann", 1, 3)
		r.guesses("ann", 2, 3)
		r.succeed("ann", 1)
		if n := r.guesses("ann", 1, 9); n != 4 {
			r.Errorf("%d from the address of the success", n)
		}
		if n := r.guesses("ann", 2, 9); n != 1 {
			r.Errorf("%d more from the other", n)
		}
		if n := r.guesses("ann", 3, 9) + r.guesses("ann", 4, 9); n != 3 {
			r.Errorf("%d from all others: of ten, seven have failed", n)
		}
	}},
	{"nobody locks the owner out of a known address", plain, func(r rig) {
		r.succeed("ann", 1)
		for i := 2; i < 6; i++ {
			r.guesses("ann", i, 9)
		}
		r.refused("ann", 6, "3600")
		for range 20 {
			r.succeed("ann", 1)
		}
		if n := r.guesses("ann", 1, 9); n != 4 {
			r.Errorf("%d guesses from the known address", n)
		}
		r.refused("ann", 1, "3600")
	}},
	{"failures at a known address lock no other", plain, func(r rig) {
		r.succeed("ann", 1)
		r.guesses("ann", 1, 9)
		if d := r.fail("ann", 2); d.Failures != 1 || d.Known {
			r.Errorf("%+v", d)
		}
	}},
	{"an address is known for a time", lockout.Config{PerAddress: 4, PerAccount: 4, DelayAfter: 4, KnownFor: 2 * time.Hour}, func(r rig) {
		r.succeed("ann", 1)
		r.pass(2*time.Hour - time.Millisecond)
		r.guesses("ann", 2, 9)
		r.begin("ann", 1)
		r.pass(time.Millisecond)
		r.refused("ann", 1, "3600")
	}},
	{"the address not used for longest is forgotten", lockout.Config{PerAddress: 1, PerAccount: 1, MaxKnown: 2}, func(r rig) {
		for _, from := range []int{1, 2, 1, 3} {
			r.succeed("ann", from)
			r.pass(time.Second)
		}
		r.fail("ann", 9)
		r.begin("ann", 1)
		r.begin("ann", 3)
		r.refused("ann", 2, "3600")
	}},
	{"what is under way counts, and survives a success", plain, func(r rig) {
		var all []*lockout.Attempt
		for range 4 {
			all = append(all, r.begin("ann", 1))
		}
		r.refused("ann", 1, "3600")
		_ = all[0].Success(r.Context())
		last := r.begin("ann", 1)
		r.refused("ann", 1, "3600")
		for _, a := range all[1:] {
			if d, err := a.Failure(r.Context()); err != nil || d.Locked {
				r.Fatalf("%+v %v", d, err)
			}
		}
		if d, _ := last.Failure(r.Context()); !d.Locked || d.Failures != 4 {
			r.Errorf("the last of four: %+v", d)
		}
	}},
	{"cancelling gives back, once", plain, func(r rig) {
		for range 40 {
			a := r.begin("ann", 1)
			_, _ = a.Cancel(r.Context()), a.Cancel(r.Context())
			_ = a.Success(r.Context())
		}
		if n := r.guesses("ann", 1, 9) + r.guesses("ann", 2, 9) + r.guesses("ann", 3, 9); n != 10 {
			r.Errorf("%d guesses, want 10", n)
		}
	}},
	{"what is never settled has failed", plain, func(r rig) {
		for range 4 {
			r.begin("ann", 1)
		}
		r.pass(time.Hour - time.Millisecond)
		r.refused("ann", 1, "1")
		r.pass(time.Millisecond)
		r.begin("ann", 1)
	}},
	{"a settlement that comes too late changes no number", plain, func(r rig) {
		late := []*lockout.Attempt{r.begin("ann", 1), r.begin("ann", 1), r.begin("ann", 1)}
		r.pass(time.Hour)
		r.fail("ann", 1)
		_ = late[0].Cancel(r.Context())
		if d, _ := late[1].Failure(r.Context()); d.Failures != 0 || d.Locked {
			r.Errorf("%+v", d)
		}
		if n := r.guesses("ann", 1, 9); n != 3 {
			r.Errorf("%d more guesses, want 3", n)
		}
	}},
	{"what cannot be addressed is counted, and never known", plain, func(r rig) {
		for range 2 {
			a, err := r.Begin(r.Context(), "ann", netip.Addr{})
			if err != nil || a.Decision.Known {
				r.Fatalf("%+v %v", a, err)
			}
			_ = a.Success(r.Context())
		}
		for i := range 3 {
			r.guesses("ann", i, 9)
		}
		if _, err := r.Begin(r.Context(), "ann", netip.Addr{}); !errors.Is(err, lockout.ErrDelayed) {
			r.Error(err)
		}
	}},
	{"an unlock leaves what is under way", plain, func(r rig) {
		under := r.begin("ann", 1)
		r.guesses("ann", 1, 9)
		r.guesses("ann", 2, 9)
		if err := r.Unlock(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		if n := r.guesses("ann", 1, 9); n != 3 {
			r.Errorf("%d guesses, want 3", n)
		}
		if d, _ := under.Failure(r.Context()); !d.Locked && d.Failures != 4 {
			r.Errorf("%+v", d)
		}
		if n := r.guesses("ann", 2, 9) + r.guesses("ann", 3, 9); n != 6 {
			r.Errorf("%d guesses, want 6", n)
		}
	}},
	{"an unlock reaches known addresses", plain, func(r rig) {
		r.succeed("ann", 1)
		r.guesses("ann", 1, 9)
		_ = r.Unlock(r.Context(), "ann")
		if a := r.begin("ann", 1); !a.Decision.Known {
			r.Error("and they stay known")
		}
	}},
	{"forgotten addresses are like others", plain, func(r rig) {
		r.succeed("ann", 1)
		under := r.begin("ann", 1)
		if err := r.Forget(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		if a := r.begin("ann", 1); a.Decision.Known {
			r.Error("still known")
		}
		_ = under.Cancel(r.Context()) // was counted where nothing is any more
		if n := r.guesses("ann", 1, 9); n != 3 {
			r.Errorf("%d more guesses, want 3", n)
		}
	}},
	{"what moved and was forgotten is not given back", plain, func(r rig) {
		under := []*lockout.Attempt{r.begin("ann", 1), r.begin("ann", 1)}
		r.succeed("ann", 1)
		_ = r.Forget(r.Context(), "ann")
		r.pass(time.Second)
		for range 4 {
			r.begin("ann", 1)
		}
		for _, a := range under {
			_ = a.Cancel(r.Context())
		}
		r.refused("ann", 1, "3600")
	}},
	{"a token unlocks once, and only its account", plain, func(r rig) {
		ctx := r.Context()
		must := mwtest.Must[string](r)
		r.guesses("ann", 1, 9)
		old, token := must(r.Issue(ctx, "ann")), must(r.Issue(ctx, "ann"))
		for _, bad := range [][2]string{{"ann", old}, {"bob", token}, {"ann", ""}, {"ann", token + "A"}, {"ann", token[:42]}} {
			if err := r.Redeem(ctx, bad[0], bad[1]); !errors.Is(err, lockout.ErrToken) {
				r.Errorf("%s %q: %v", bad[0], bad[1], err)
			}
		}
		r.refused("ann", 1, "3600")
		if err := r.Redeem(ctx, "ann", token); err != nil {
			r.Fatal(err)
		}
		r.guesses("ann", 1, 9)
		if err := r.Redeem(ctx, "ann", token); !errors.Is(err, lockout.ErrToken) {
			r.Errorf("again: %v", err)
		}
		r.refused("ann", 1, "3600")
	}},
	{"a token expires, and ends with an unlock", plain, func(r rig) {
		ctx := r.Context()
		must := mwtest.Must[string](r)
		token := must(r.Issue(ctx, "ann"))
		r.pass(30 * time.Minute)
		if err := r.Redeem(ctx, "ann", token); !errors.Is(err, lockout.ErrToken) {
			r.Errorf("expired: %v", err)
		}
		token = must(r.Issue(ctx, "ann"))
		_ = r.Unlock(ctx, "ann")
		if err := r.Redeem(ctx, "ann", token); !errors.Is(err, lockout.ErrToken) {
			r.Errorf("unlocked: %v", err)
		}
	}},
	{"of a thousand guesses at a time no more pass than in a row", plain, func(r rig) {
		var passed atomic.Int32
		var wg sync.WaitGroup
		hold := make(chan struct{})
		for i := range 1000 {
			wg.Go(func() {
				a, err := r.Begin(context.Background(), "ann", addr(i%100))
				if err != nil {
					return
				}
				passed.Add(1)
				<-hold // no failure is known before all have begun
				_, _ = a.Failure(context.Background())
			})
		}
		for passed.Load() < 10 {
			r.pass(time.Millisecond)
		}
		close(hold)
		wg.Wait()
		if n := passed.Load(); n != 10 {
			r.Errorf("%d of 1000 passed, want 10", n)
		}
	}},
}
