package lockouttest

import (
	"errors"
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var unlocking = []Behaviour{
	{"an unlock leaves what is under way", Plain, func(r Rig) {
		under := r.Admitted("ann", 1)
		r.Guesses("ann", 1, 9)
		r.Guesses("ann", 2, 9)
		if err := r.Unlock(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		if n := r.Guesses("ann", 1, 9); n != 3 {
			r.Errorf("%d guesses, want 3", n)
		}
		if d, _ := under.Failure(r.Context()); !d.Locked && d.Failures != 4 {
			r.Errorf("%+v", d)
		}
		if n := r.Guesses("ann", 2, 9) + r.Guesses("ann", 3, 9); n != 6 {
			r.Errorf("%d guesses, want 6", n)
		}
	}},
	{"an unlock reaches known addresses", Plain, func(r Rig) {
		r.Right("ann", 1)
		r.Guesses("ann", 1, 9)
		_ = r.Unlock(r.Context(), "ann")
		if a := r.Admitted("ann", 1); !a.Decision.Known {
			r.Error("and they stay known")
		}
	}},
	{"forgotten addresses are like others", Plain, func(r Rig) {
		r.Right("ann", 1)
		r.Wrong("ann", 1)
		under := r.Admitted("ann", 1)
		if err := r.Forget(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		if a := r.Admitted("ann", 1); a.Decision.Known {
			r.Error("still known")
		}
		r.Admitted("ann", 1)
		r.Refused("ann", 1, "3600")
		_ = under.Cancel(r.Context())
		if n := r.Guesses("ann", 1, 9); n != 1 {
			r.Errorf("%d guesses for one that was given back", n)
		}
	}},
	{"what moved and was forgotten is given back once", Plain, func(r Rig) {
		under := []*lockout.Attempt{r.Admitted("ann", 1), r.Admitted("ann", 1)}
		r.Right("ann", 1)
		_ = r.Forget(r.Context(), "ann")
		r.Pass(time.Second)
		for range 2 {
			r.Admitted("ann", 1)
		}
		r.Refused("ann", 1, "3600")
		for _, a := range under {
			_ = a.Cancel(r.Context())
		}
		if n := r.Guesses("ann", 1, 9); n != 2 {
			r.Errorf("%d guesses for two that were given back", n)
		}
	}},
	{"a token unlocks once, and only its account", Plain, func(r Rig) {
		ctx := r.Context()
		must := mwtest.Must[string](r)
		r.Guesses("ann", 1, 9)
		old, token := must(r.Issue(ctx, "ann")), must(r.Issue(ctx, "ann"))
		for _, bad := range [][2]string{{"ann", old}, {"bob", token}, {"ann", ""}, {"ann", token + "A"}, {"ann", token[:42]}} {
			if err := r.Redeem(ctx, bad[0], bad[1], Addr(8)); !errors.Is(err, lockout.ErrToken) {
				r.Errorf("%s %q: %v", bad[0], bad[1], err)
			}
		}
		r.Refused("ann", 1, "3600")
		if err := r.Redeem(ctx, "ann", token, Addr(8)); err != nil {
			r.Fatal(err)
		}
		r.Guesses("ann", 1, 9)
		if err := r.Redeem(ctx, "ann", token, Addr(8)); !errors.Is(err, lockout.ErrToken) {
			r.Errorf("again: %v", err)
		}
		r.Refused("ann", 1, "3600")
	}},
	{"a token expires, and ends with an unlock", Plain, func(r Rig) {
		ctx := r.Context()
		must := mwtest.Must[string](r)
		token := must(r.Issue(ctx, "ann"))
		r.Pass(30 * time.Minute)
		if err := r.Redeem(ctx, "ann", token, Addr(8)); !errors.Is(err, lockout.ErrToken) {
			r.Errorf("expired: %v", err)
		}
		token = must(r.Issue(ctx, "ann"))
		_ = r.Unlock(ctx, "ann")
		if err := r.Redeem(ctx, "ann", token, Addr(8)); !errors.Is(err, lockout.ErrToken) {
			r.Errorf("unlocked: %v", err)
		}
	}},
	{"a token makes the address known that it is redeemed from", Plain, func(r Rig) {
		for i := range 3 {
			r.Guesses("ann", i, 9)
		}
		token := mwtest.Must[string](r)(r.Issue(r.Context(), "ann"))
		r.Refused("ann", 8, "3600")
		if err := r.Redeem(r.Context(), "ann", token, Addr(8)); err != nil {
			r.Fatal(err)
		}
		for i := range 3 {
			r.Guesses("ann", i, 9) // the attackers are faster than the owner
		}
		r.Refused("ann", 9, "3600")
		if a := r.Admitted("ann", 8); !a.Decision.Known {
			r.Errorf("%+v", a.Decision)
		}
	}},
	{"a token frees its address at once, known or not", Plain, func(r Rig) {
		must := mwtest.Must[string](r)
		for range 2 {
			r.Guesses("ann", 8, 9)
			r.Refused("ann", 8, "3600")
			if err := r.Redeem(r.Context(), "ann", must(r.Issue(r.Context(), "ann")), Addr(8)); err != nil {
				r.Fatal(err)
			}
		}
		if n := r.Guesses("ann", 8, 9); n != 4 {
			r.Errorf("%d guesses, want 4", n)
		}
		token := must(r.Issue(r.Context(), "bob"))
		if err := r.Redeem(r.Context(), "bob", token, netip.Addr{}); err != nil {
			r.Fatal(err)
		}
		if a, err := r.Begin(r.Context(), "bob", netip.Addr{}); err != nil || a.Decision.Known {
			r.Errorf("from nowhere: %+v %v", a, err)
		}
	}},
	{"a login that was under way when addresses were forgotten makes none known", Plain, func(r Rig) {
		r.Right("ann", 1)
		under := []*lockout.Attempt{r.Admitted("ann", 1), r.Admitted("ann", 2)}
		r.Pass(r.Tick)
		_ = r.Forget(r.Context(), "ann")
		for i, a := range under {
			if err := a.Success(r.Context()); err != nil {
				r.Fatal(err)
			}
			if a := r.Admitted("ann", i+1); a.Decision.Known {
				r.Errorf("address %d is known", i+1)
			}
		}
		r.Pass(r.Tick)
		r.Right("ann", 1)
		if a := r.Admitted("ann", 1); !a.Decision.Known {
			r.Error("never known again")
		}
	}},
	{"nor is a first login that was under way when the password was reset", Plain, func(r Rig) {
		under := r.Admitted("ann", 1)
		r.Pass(r.Tick)
		_ = r.Forget(r.Context(), "ann")
		if err := under.Success(r.Context()); err != nil {
			r.Fatal(err)
		}
		if a := r.Admitted("ann", 1); a.Decision.Known {
			r.Error("known")
		}
	}},
}
