package lockout_test

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A flood of a hundred names for each slot: a locked account stays locked, and no
// account gets a guess back.
func TestFloodResetsNoCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, noDelays)
		for i := range 3 {
			r.Guesses("locked", i, 9) // 4, 4 and 2: locks the account
		}
		r.Guesses("pair", 1, 9)
		r.Guesses("part", 1, 3)
		for i := range 192 {
			r.Guesses(strconv.Itoa(i), 100+i, 1)
		}
		// After three names for each slot, other accounts have lost little.
		free := 0
		for i := range 50 {
			free += r.Guesses("new "+strconv.Itoa(i), 1, 1)
		}
		if free != 50 {
			t.Errorf("of 50 first guesses %d passed", free)
		}
		for i := 192; i < 6400; i++ {
			r.Guesses(strconv.Itoa(i), 100+i, 1)
		}
		r.Refused("locked", 7, "3600")
		r.Refused("pair", 1, "3600")
		if n := r.Guesses("part", 1, 9); n > 1 {
			t.Errorf("%d guesses after three of four, want at most 1", n)
		}
		r.Pass(time.Hour)
		for i := range 20 {
			if n := r.Guesses("later "+strconv.Itoa(i), i, 9); n != 4 {
				t.Errorf("%d guesses after the flood", n)
			}
		}
	})
}

// If every slot is locked, new accounts share the overflow, and are refused when it is
// spent. So an attacker gains no guesses from a memory full of lockouts.
func TestAllSlotsLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, lockout.Config{PerAddress: 2, PerAccount: 2, DelayAfter: 2})
		r.Right("owner", 1)
		admitted := 0
		for i := range 2000 {
			admitted += r.Guesses(strconv.Itoa(i), i, 9)
		}
		// 128 slots with two guesses each, and the overflow of eight rows.
		if admitted < 256 || admitted > 128*2+8*2 {
			t.Errorf("%d guesses admitted", admitted)
		}
		r.Admitted("owner", 1) // at a known address, the owner does not notice the attack
		r.Pass(time.Hour)
		r.Admitted("2000", 1)
	})
}

// Many addresses on one account displace each other's counters, but get no guess back.
func TestManyAddressesResetNoCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, lockout.Config{PerAddress: 2, PerAccount: 100, DelayAfter: 2})
		r.Guesses("ann", 0, 9)
		r.Guesses("ann", 1, 1)
		for i := range 40 {
			r.Guesses("ann", 100+i, 1)
		}
		r.Refused("ann", 0, "3600")
		if n := r.Guesses("ann", 1, 9); n > 1 {
			t.Errorf("%d guesses after one of two, want at most 1", n)
		}
	})
}

// Only logins of other owners displace known addresses, the oldest login first. An
// address with failures or an owner with a valid token is never displaced.
func TestKnownAddressesAreEvictedByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, noDelays)
		for _, account := range []string{"watched", "old", "regular"} {
			r.Right(account, 1)
		}
		r.Wrong("watched", 1)
		token := mwtest.Must[string](t)(r.Issue(t.Context(), "sent"))
		for i := range 1000 {
			r.Pass(time.Second)
			r.Right(strconv.Itoa(i), 1)
			if i%20 == 0 {
				a := r.Admitted("regular", 1)
				if _ = a.Success(t.Context()); !a.Decision.Known {
					t.Fatal("the address of a regular login was displaced")
				}
			}
		}
		for account, want := range map[string]bool{"watched": true, "old": false, "999": true, "regular": true} {
			if got := r.Admitted(account, 1).Decision.Known; got != want {
				t.Errorf("%s is known: %v", account, got)
			}
		}
		if n := r.Guesses("watched", 1, 9); n != 2 { // one failed, one is running
			t.Errorf("%d guesses, want 2", n)
		}
		if err := r.Redeem(t.Context(), "sent", token, addrAt(1)); err != nil {
			t.Error(err)
		}
	})
}

// If no known address may be displaced, a success is still a success, but its address
// stays unknown and no token can be issued. That ends with the window.
func TestNoRoomForKnownAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, noDelays)
		for i := range 2000 {
			r.Right(strconv.Itoa(i), 1)
			if a := r.Admitted(strconv.Itoa(i), 1); a.Decision.Known {
				_, _ = a.Failure(t.Context())
			} else {
				_ = a.Cancel(t.Context())
			}
		}
		if _, err := r.Issue(t.Context(), "ann"); !errors.Is(err, lockout.ErrUnavailable) {
			t.Error(err)
		}
		r.Right("ann", 1)
		if a := r.Admitted("ann", 1); a.Decision.Known {
			t.Error("the address is known, but there was no room")
		}
		r.Pass(time.Hour)
		r.Right("ann", 1)
		if a := r.Admitted("ann", 1); !a.Decision.Known {
			t.Error("the address is unknown, but there is room")
		}
	})
}

// An address without a counter of its own gets its cancelled guesses back. An account
// without a counter of its own does not, because it shares that counter with others.
func TestOverflowRefunds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, lockout.Config{PerAddress: 2, PerAccount: 100, DelayAfter: 2})
		cancel := func(account string, from int) (admitted int) {
			for range 10 {
				if a, err := r.Begin(t.Context(), account, addrAt(from)); err == nil {
					admitted++
					_ = a.Cancel(t.Context())
				}
			}
			return admitted
		}
		for i := range 8 { // all counters of the account
			r.Guesses("ann", i, 2)
		}
		if n := cancel("ann", 9); n != 10 {
			t.Errorf("%d cancelled guesses from one more address, want 10", n)
		}
		if n := r.Guesses("ann", 9, 9); n != 2 {
			t.Errorf("%d guesses from one more address, want 2", n)
		}
		for i := range 2000 {
			r.Guesses(strconv.Itoa(i), 1, 2)
		}
		if n := cancel("bob", 1); n > 2 {
			t.Errorf("%d guesses at one more account, want at most 2", n)
		}
	})
}

// Memory is bounded by MaxAccounts.
func TestMemoryIsBounded(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const accounts = 1024
	before := heap()
	g := newGuard(t, lockout.Config{MaxAccounts: accounts})
	r := guardRig{T: t, Guard: g}
	initial := heap() - before
	for i := range 40 * accounts {
		name := fmt.Sprint(i)
		r.Guesses(name, i, 1)
		if a, err := g.Begin(t.Context(), name, addrAt(i+1)); err == nil {
			_ = a.Success(t.Context())
		}
	}
	final := heap() - before
	t.Logf("%d bytes an account at first, %d when full", initial/accounts, final/accounts)
	if initial > 740*accounts || final > 1520*accounts {
		t.Errorf("%d bytes an account at first, %d when full", initial/accounts, final/accounts)
	}
	runtime.KeepAlive(g)
}
