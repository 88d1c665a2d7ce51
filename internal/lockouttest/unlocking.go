package lockouttest

import (
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// manyAddresses is a policy for accounts with more addresses than the memory store has
// counters for.
var manyAddresses = lockout.Config{PerAddress: 2, PerAccount: 100, DelayAfter: 2, Window: time.Hour}

// addressesUnderWay fills the counters of eight addresses, and begins one attempt from each
// of ten more, addresses 10 to 19.
func (r Rig) addressesUnderWay(account string) (running []*lockout.Attempt) {
	for from := range 8 {
		r.Guesses(account, from, 2)
	}
	for from := 10; from < 20; from++ {
		running = append(running, r.Admitted(account, from))
	}
	return running
}

// guessesOfAll guesses from each address of addressesUnderWay. One guess of two is left.
// The memory store may refuse it, but only where it has no counter for the address.
func (r Rig) guessesOfAll(account string) {
	r.Helper()
	all := 0
	for from := 10; from < 20; from++ {
		n := r.Guesses(account, from, 9)
		if all += n; n > 1 {
			r.Errorf("%d guesses from address %d, which has one left", n, from)
		}
	}
	if all < 8 {
		r.Errorf("%d guesses from ten addresses that have one left each", all)
	}
}

var unlocking = []Behaviour{
	{"an unlock leaves running attempts", Plain, func(r Rig) {
		running := r.Admitted("ann", 1)
		r.Guesses("ann", 1, 9)
		r.Guesses("ann", 2, 9)
		if err := r.Unlock(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		if n := r.Guesses("ann", 1, 9); n != 3 {
			r.Errorf("%d guesses, want 3", n)
		}
		if d, _ := running.Failure(r.Context()); !d.Locked || d.Failures != 4 {
			r.Errorf("%+v", d)
		}
		if n := r.Guesses("ann", 2, 9) + r.Guesses("ann", 3, 9); n != 6 {
			r.Errorf("%d guesses, want 6", n)
		}
	}},
	{"an unlock leaves running attempts from any number of addresses", manyAddresses, func(r Rig) {
		running := r.addressesUnderWay("ann")
		if err := r.Unlock(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		r.guessesOfAll("ann")
		for _, a := range running {
			_ = a.Cancel(r.Context())
		}
		r.guessesOfAll("ann")
	}},
	{"a login leaves running attempts from its address", manyAddresses, func(r Rig) {
		r.addressesUnderWay("ann")
		r.Right("ann", 15)
		if n := r.Guesses("ann", 15, 9); n != 1 {
			r.Errorf("%d guesses while one is under way, want 1", n)
		}
		r.Right("ann", 16)
		if a := r.Admitted("ann", 16); !a.Decision.Known || a.Decision.Failures != 1 {
			r.Errorf("running attempts of others count at a known address: %+v", a.Decision)
		}
	}},
	{"a token leaves running attempts from its address", manyAddresses, func(r Rig) {
		r.addressesUnderWay("ann")
		r.Admitted("ann", 8)
		r.Redeems("ann", mwtest.Must[string](r)(r.Issue(r.Context(), "ann")), nil)
		if n := r.Guesses("ann", 8, 9); n != 1 {
			r.Errorf("%d guesses while one is under way, want 1", n)
		}
	}},
	{"an unlock reaches known addresses", Plain, func(r Rig) {
		r.Right("ann", 1)
		r.Guesses("ann", 1, 9)
		_ = r.Unlock(r.Context(), "ann")
		if a := r.Admitted("ann", 1); !a.Decision.Known {
			r.Error("the address is no longer known")
		}
	}},
	{"Forget makes a known address unknown", Plain, func(r Rig) {
		r.Right("ann", 1)
		r.Wrong("ann", 1)
		running := r.Admitted("ann", 1)
		if err := r.Forget(r.Context(), "ann"); err != nil {
			r.Fatal(err)
		}
		if a := r.Admitted("ann", 1); a.Decision.Known {
			r.Error("the address is still known")
		}
		r.Admitted("ann", 1)
		r.Refused("ann", 1, "3600")
		_ = running.Cancel(r.Context())
		if n := r.Guesses("ann", 1, 9); n != 1 {
			r.Errorf("%d guesses after one that was given back, want 1", n)
		}
	}},
	{"an attempt at an address that became known and was forgotten is given back once", Plain, func(r Rig) {
		running := []*lockout.Attempt{r.Admitted("ann", 1), r.Admitted("ann", 1)}
		r.Right("ann", 1)
		_ = r.Forget(r.Context(), "ann")
		r.Pass(time.Second)
		for range 2 {
			r.Admitted("ann", 1)
		}
		r.Refused("ann", 1, "3600")
		for _, a := range running {
			_ = a.Cancel(r.Context())
		}
		if n := r.Guesses("ann", 1, 9); n != 2 {
			r.Errorf("%d guesses after two that were given back, want 2", n)
		}
	}},
	{"a token unlocks once, and only its account", Plain, func(r Rig) {
		ctx := r.Context()
		must := mwtest.Must[string](r)
		r.Guesses("ann", 1, 9)
		old, token := must(r.Issue(ctx, "ann")), must(r.Issue(ctx, "ann"))
		for _, bad := range [][2]string{{"ann", old}, {"bob", token}, {"ann", ""}, {"ann", token + "A"}, {"ann", token[:42]}} {
			r.Redeems(bad[0], bad[1], lockout.ErrToken)
		}
		r.Refused("ann", 1, "3600")
		r.Redeems("ann", token, nil)
		r.Guesses("ann", 1, 9)
		r.Redeems("ann", token, lockout.ErrToken)
		r.Refused("ann", 1, "3600")
	}},
	{"a token expires, and ends with an unlock", Plain, func(r Rig) {
		ctx := r.Context()
		must := mwtest.Must[string](r)
		token := must(r.Issue(ctx, "ann"))
		r.Pass(30 * time.Minute)
		r.Redeems("ann", token, lockout.ErrToken)
		token = must(r.Issue(ctx, "ann"))
		_ = r.Unlock(ctx, "ann")
		r.Redeems("ann", token, lockout.ErrToken)
	}},
	{"Redeem makes its address known", Plain, func(r Rig) {
		for i := range 3 {
			r.Guesses("ann", i, 9)
		}
		token := mwtest.Must[string](r)(r.Issue(r.Context(), "ann"))
		r.Refused("ann", 8, "3600")
		r.Redeems("ann", token, nil)
		for i := range 3 {
			r.Guesses("ann", i, 9) // the attackers are faster than the owner
		}
		r.Refused("ann", 9, "3600")
		if a := r.Admitted("ann", 8); !a.Decision.Known {
			r.Errorf("%+v", a.Decision)
		}
	}},
	{"Redeem unlocks its address, known or unknown", Plain, func(r Rig) {
		must := mwtest.Must[string](r)
		for range 2 {
			r.Guesses("ann", 8, 9)
			r.Refused("ann", 8, "3600")
			r.Redeems("ann", must(r.Issue(r.Context(), "ann")), nil)
		}
		if n := r.Guesses("ann", 8, 9); n != 4 {
			r.Errorf("%d guesses, want 4", n)
		}
		token := must(r.Issue(r.Context(), "bob"))
		if err := r.Redeem(r.Context(), "bob", token, netip.Addr{}); err != nil {
			r.Fatal(err)
		}
		if a, err := r.Begin(r.Context(), "bob", netip.Addr{}); err != nil || a.Decision.Known {
			r.Errorf("from an invalid address: %+v %v", a, err)
		}
	}},
	{"a login that began before Forget does not make its address known", Plain, func(r Rig) {
		r.Right("ann", 1)
		running := []*lockout.Attempt{r.Admitted("ann", 1), r.Admitted("ann", 2)}
		r.Pass(r.Tick)
		_ = r.Forget(r.Context(), "ann")
		for i, a := range running {
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
			r.Error("the address is not known again")
		}
	}},
	{"a first login that began before Forget does not make its address known", Plain, func(r Rig) {
		running := r.Admitted("ann", 1)
		r.Pass(r.Tick)
		_ = r.Forget(r.Context(), "ann")
		if err := running.Success(r.Context()); err != nil {
			r.Fatal(err)
		}
		if a := r.Admitted("ann", 1); a.Decision.Known {
			r.Error("the address is known")
		}
	}},
}
