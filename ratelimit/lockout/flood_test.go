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

func newSmallRig(t *testing.T, cfg lockout.Config) guardRig {
	cfg.MaxAccounts = 64
	return newRig(t, cfg)
}

// A flood of a hundred names for each that there is room for: whoever was locked
// stays locked, and nobody gets a guess back.
func TestFloodResetsNoCounter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, noDelays)
		for i := range 3 {
			r.Guesses("locked", i, 9) // 4, 4 and 2: the account
		}
		r.Guesses("pair", 1, 9)
		r.Guesses("part", 1, 3)
		for i := range 192 {
			r.Guesses(strconv.Itoa(i), 100+i, 1)
		}
		// Three names for each that there is room for, and the price for those who
		// have nothing to do with it is small.
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
			t.Errorf("%d guesses more after three of four", n)
		}
		r.Pass(time.Hour)
		for i := range 20 {
			if n := r.Guesses("later "+strconv.Itoa(i), i, 9); n != 4 {
				t.Errorf("%d guesses after the flood", n)
			}
		}
	})
}

// If every slot is locked, new accounts share what is left, and are shut out when
// that is spent: the memory full of lockouts is no way to have more guesses.
func TestAllSlotsLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newSmallRig(t, lockout.Config{PerAddress: 2, PerAccount: 2, DelayAfter: 2})
		r.Right("owner", 1)
		admitted := 0
		for i := range 2000 {
			admitted += r.Guesses(strconv.Itoa(i), i, 9)
		}
		// 128 slots of two, and what the eight sets share.
		if admitted < 256 || admitted > 128*2+8*2 {
			t.Errorf("%d guesses admitted", admitted)
		}
		r.Admitted("owner", 1) // at a known address, she has not noticed
		r.Pass(time.Hour)
		r.Admitted("2000", 1)
	})
}

// Many addresses on one account displace each other's counters and give none of
// them back.
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
			t.Errorf("%d guesses after one of two", n)
		}
	})
}

// Known addresses are displaced by other owners only, those that logged in
// longest ago first, and never while somebody is guessing at them or a token is
// good.
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
					t.Fatal("who logs in regularly was displaced")
				}
			}
		}
		for account, want := range map[string]bool{"watched": true, "old": false, "999": true, "regular": true} {
			if got := r.Admitted(account, 1).Decision.Known; got != want {
				t.Errorf("%s is known: %v", account, got)
			}
		}
		if n := r.Guesses("watched", 1, 9); n != 2 { // one failed, one is under way
			t.Errorf("%d guesses, want 2", n)
		}
		if err := r.Redeem(t.Context(), "sent", token, addrAt(1)); err != nil {
			t.Error(err)
		}
	})
}

// If all that are kept are held, a success is a success and its address stays
// unknown, and no token can be issued; until the window is over.
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
			t.Error("there was no room")
		}
		r.Pass(time.Hour)
		r.Right("ann", 1)
		if a := r.Admitted("ann", 1); !a.Decision.Known {
			t.Error("there is room")
		}
	})
}

// What several share is given back to none of them.
func TestOverflowIsNotRefunded(t *testing.T) {
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
		for i := range 8 { // all that have a counter in the account
			r.Guesses("ann", i, 2)
		}
		if n := cancel("ann", 9); n != 2 {
			t.Errorf("%d from one more address", n)
		}
		for i := range 2000 {
			r.Guesses(strconv.Itoa(i), 1, 2)
		}
		if n := cancel("bob", 1); n > 2 {
			t.Errorf("%d of one more account", n)
		}
	})
}

// Memory is bounded by MaxAccounts, whatever comes.
func TestMemoryIsBounded(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const accounts = 1024
	before := heap()
	g := mwtest.Must[*lockout.Guard](t)(lockout.New(lockout.Config{MaxAccounts: accounts}))
	r := guardRig{T: t, Guard: g}
	begun := heap() - before
	for i := range 40 * accounts {
		name := fmt.Sprint(i)
		r.Guesses(name, i, 1)
		if a, err := g.Begin(t.Context(), name, addrAt(i+1)); err == nil {
			_ = a.Success(t.Context())
		}
	}
	ended := heap() - before
	t.Logf("%d bytes an account at first, %d when full", begun/accounts, ended/accounts)
	if begun > 740*accounts || ended > 1520*accounts {
		t.Errorf("%d bytes an account at first, %d when full", begun/accounts, ended/accounts)
	}
	runtime.KeepAlive(g)
}
