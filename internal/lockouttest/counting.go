package lockouttest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// Behaviours returns the behaviours that every Store must have, each with its policy.
func Behaviours() []Behaviour { return slices.Concat(counting, unlocking) }

var counting = []Behaviour{
	{"delays double up to the longest, then lock", lockout.Config{
		PerAddress: 7, DelayAfter: 2, FirstDelay: time.Second, MaxDelay: 5 * time.Second,
	}, func(r Rig) {
		r.Wrong("ann", 1)
		for i, wait := range []time.Duration{1, 2, 4, 5, 5} {
			d := r.Wrong("ann", 1)
			if d.RetryAfter != wait*time.Second || d.Failures != i+2 || d.Locked {
				r.Fatalf("failure %d: %+v, want a wait of %d s", i+2, d, wait)
			}
			r.Refused("ann", 1, fmt.Sprint(int(wait)))
			r.Pass(wait*time.Second - r.Tick)
			r.Refused("ann", 1, "1")
			r.Pass(r.Tick)
		}
		if d := r.Wrong("ann", 1); !d.Locked || d.RetryAfter.Truncate(time.Millisecond) != time.Hour {
			r.Fatalf("the last failure: %+v", d)
		}
		r.Refused("ann", 1, "3600")
		r.Pass(time.Hour - r.Tick)
		r.Refused("ann", 1, "1")
		r.Pass(r.Tick)
		if d := r.Wrong("ann", 1); d.Failures != 1 || d.RetryAfter != 0 {
			r.Fatalf("after the lockout: %+v", d)
		}
	}},
	{"PerAddress locks one address, PerAccount locks all unknown addresses", Plain, func(r Rig) {
		for i := range 2 {
			if n := r.Guesses("ann", i, 9); n != 4 {
				r.Fatalf("%d guesses from address %d", n, i)
			}
		}
		if d := r.Wrong("ann", 2); d.Failures != 9 || d.Locked {
			r.Fatalf("the ninth failure: %+v", d)
		}
		if d := r.Wrong("ann", 3); d.Failures != 10 || !d.Locked {
			r.Fatalf("the tenth failure: %+v", d)
		}
		r.Refused("ann", 4, "3600")
		r.Wrong("bob", 4)
		r.Pass(time.Hour)
		r.Wrong("ann", 4)
	}},
	{"a success forgets only the failures of its address", Plain, func(r Rig) {
		r.Guesses("ann", 1, 3)
		r.Guesses("ann", 2, 3)
		r.Right("ann", 1)
		if n := r.Guesses("ann", 1, 9); n != 4 {
			r.Errorf("%d guesses from the address of the success, want 4", n)
		}
		if n := r.Guesses("ann", 2, 9); n != 1 {
			r.Errorf("%d more guesses from the other address, want 1", n)
		}
		if n := r.Guesses("ann", 3, 9) + r.Guesses("ann", 4, 9); n != 3 {
			r.Errorf("%d guesses from all other addresses, want 3: of ten, seven have failed", n)
		}
	}},
	{"failures elsewhere do not lock a known address", Plain, func(r Rig) {
		r.Right("ann", 1)
		for i := 2; i < 6; i++ {
			r.Guesses("ann", i, 9)
		}
		r.Refused("ann", 6, "3600")
		for range 20 {
			r.Right("ann", 1)
		}
		if n := r.Guesses("ann", 1, 9); n != 4 {
			r.Errorf("%d guesses from the known address, want 4", n)
		}
		r.Refused("ann", 1, "3600")
	}},
	{"failures at a known address lock no other address", Plain, func(r Rig) {
		r.Right("ann", 1)
		r.Guesses("ann", 1, 9)
		if d := r.Wrong("ann", 2); d.Failures != 1 || d.Known {
			r.Errorf("%+v", d)
		}
	}},
	{"an address is known for KnownFor", lockout.Config{
		PerAddress: 4, PerAccount: 4, DelayAfter: 4, KnownFor: 2 * time.Hour,
	}, func(r Rig) {
		r.Right("ann", 1)
		r.Pass(2*time.Hour - r.Tick)
		r.Guesses("ann", 2, 9)
		r.Admitted("ann", 1)
		r.Pass(r.Tick)
		r.Refused("ann", 1, "3600")
	}},
	{"beyond MaxKnown the oldest address becomes unknown", lockout.Config{
		PerAddress: 1, PerAccount: 1, MaxKnown: 2,
	}, func(r Rig) {
		for _, from := range []int{1, 2, 1, 3} {
			r.Right("ann", from)
			r.Pass(time.Second)
		}
		r.Wrong("ann", 9)
		r.Admitted("ann", 1)
		r.Admitted("ann", 3)
		r.Refused("ann", 2, "3600")
	}},
	{"a displaced address keeps its failures", lockout.Config{
		PerAddress: 4, PerAccount: 10, DelayAfter: 4, MaxKnown: 2,
	}, func(r Rig) {
		r.Right("ann", 1)
		r.Guesses("ann", 1, 2)
		running := []*lockout.Attempt{r.Admitted("ann", 1), r.Admitted("ann", 1)}
		for i := 2; i < 5; i++ {
			r.Pass(time.Second)
			r.Right("ann", i)
		}
		r.Refused("ann", 1, "3597")
		if d, _ := running[0].Failure(r.Context()); d.Locked || d.Failures != 3 {
			r.Errorf("a failure that began when it was known: %+v", d)
		}
		_ = running[1].Cancel(r.Context())
		if d := r.Wrong("ann", 1); d.Known || !d.Locked || d.Failures != 1 {
			r.Errorf("the last of four failures: %+v", d)
		}
		r.Refused("ann", 1, "3600")
		if n := r.Guesses("ann", 8, 9) + r.Guesses("ann", 9, 9) + r.Guesses("ann", 10, 9); n != 9 {
			r.Errorf("%d guesses from elsewhere, want 9: of ten, one was from an unknown address", n)
		}
		r.Refused("ann", 1, "3600")
		r.Pass(time.Hour)
		if n := r.Guesses("ann", 1, 9); n != 4 {
			r.Errorf("%d guesses an hour later, want 4", n)
		}
	}},
	{"an address keeps its failures after KnownFor", lockout.Config{
		PerAddress: 4, PerAccount: 10, DelayAfter: 4, KnownFor: time.Hour,
	}, func(r Rig) {
		r.Right("ann", 1)
		r.Guesses("ann", 2, 9)
		r.Pass(30 * time.Minute)
		r.Guesses("ann", 1, 3)
		r.Pass(30 * time.Minute)
		if d := r.Wrong("ann", 1); d.Known || !d.Locked || d.Failures != 1 {
			r.Errorf("the last of four failures: %+v", d)
		}
		r.Refused("ann", 1, "3600")
		r.Pass(59 * time.Minute)
		r.Refused("ann", 1, "60")
		r.Right("ann", 3)
		r.Pass(time.Minute)
		r.Right("ann", 1)
		if a := r.Admitted("ann", 1); !a.Decision.Known {
			r.Error("the address is not known again")
		}
	}},
	{"the later of two lockouts ends the wait", lockout.Config{
		PerAddress: 4, PerAccount: 10, DelayAfter: 4, KnownFor: time.Hour,
	}, func(r Rig) {
		r.Right("ann", 1)
		r.Pass(20 * time.Minute)
		for i := range 3 {
			r.Guesses("ann", 2+i, 9)
		}
		r.Pass(10 * time.Minute)
		r.Guesses("ann", 1, 9)
		r.Pass(30 * time.Minute)
		r.Refused("ann", 5, "1200")
		r.Refused("ann", 1, "1800")
		r.Pass(20 * time.Minute)
		r.Wrong("ann", 5)
		r.Refused("ann", 1, "600")
		r.Pass(10 * time.Minute)
		r.Wrong("ann", 1)
	}},
	{"running attempts count, and survive a success", Plain, func(r Rig) {
		var all []*lockout.Attempt
		for range 4 {
			all = append(all, r.Admitted("ann", 1))
		}
		r.Refused("ann", 1, "3600")
		_ = all[0].Success(r.Context())
		last := r.Admitted("ann", 1)
		r.Refused("ann", 1, "3600")
		for _, a := range all[1:] {
			if d, err := a.Failure(r.Context()); err != nil || d.Locked {
				r.Fatalf("%+v %v", d, err)
			}
		}
		if d, _ := last.Failure(r.Context()); !d.Locked || d.Failures != 4 {
			r.Errorf("the last of four failures: %+v", d)
		}
	}},
	{"Cancel gives an attempt back, once", Plain, func(r Rig) {
		for range 40 {
			a := r.Admitted("ann", 1)
			_, _ = a.Cancel(r.Context()), a.Cancel(r.Context())
			_ = a.Success(r.Context())
		}
		if n := r.Guesses("ann", 1, 9) + r.Guesses("ann", 2, 9) + r.Guesses("ann", 3, 9); n != 10 {
			r.Errorf("%d guesses, want 10", n)
		}
	}},
	{"an attempt without an outcome has failed", Plain, func(r Rig) {
		for range 4 {
			r.Admitted("ann", 1)
		}
		r.Pass(time.Hour - r.Tick)
		r.Refused("ann", 1, "1")
		r.Pass(r.Tick)
		r.Admitted("ann", 1)
	}},
	{"an outcome that comes too late changes no number", Plain, func(r Rig) {
		late := []*lockout.Attempt{r.Admitted("ann", 1), r.Admitted("ann", 1), r.Admitted("ann", 1)}
		r.Pass(time.Hour)
		r.Wrong("ann", 1)
		_ = late[0].Cancel(r.Context())
		if d, _ := late[1].Failure(r.Context()); d.Failures != 0 || d.Locked {
			r.Errorf("%+v", d)
		}
		if n := r.Guesses("ann", 1, 9); n != 3 {
			r.Errorf("%d more guesses, want 3", n)
		}
	}},
	{"an invalid address is counted, and never known", Plain, func(r Rig) {
		for range 2 {
			a, err := r.Begin(r.Context(), "ann", netip.Addr{})
			if err != nil || a.Decision.Known {
				r.Fatalf("%+v %v", a, err)
			}
			_ = a.Success(r.Context())
		}
		for i := range 3 {
			r.Guesses("ann", i, 9)
		}
		if _, err := r.Begin(r.Context(), "ann", netip.Addr{}); !errors.Is(err, lockout.ErrDelayed) {
			r.Error(err)
		}
	}},
	{"an address gets no guesses back when the store has room again", lockout.Config{
		PerAddress: 4, PerAccount: 100, DelayAfter: 4, MaxAccounts: 1,
	}, func(r Rig) {
		for i := range 16 { // 16 accounts: all that have counters of their own in memory
			r.Guesses(fmt.Sprint("full ", i), 1, 9)
		}
		r.Pass(59 * time.Minute)
		r.Guesses("ann", 1, 3)
		r.Guesses("ann", 2, 2)
		given := r.Admitted("ann", 3)
		r.Pass(2 * time.Minute)
		for i, want := range map[int]int{1: 1, 2: 2} {
			if n := r.Guesses("ann", i, 9); n != want {
				r.Errorf("%d more guesses from address %d, want %d", n, i, want)
			}
		}
		_ = given.Cancel(r.Context())
		if n := r.Guesses("ann", 3, 9); n != 4 {
			r.Errorf("%d guesses after one that was given back, want 4", n)
		}
	}},
	{"a thousand guesses at a time pass no more than in a row", Plain, func(r Rig) {
		var passed, lost atomic.Int32
		var begun, wg sync.WaitGroup
		hold := make(chan struct{})
		begun.Add(1000)
		for i := range 1000 {
			wg.Go(func() {
				a, err := r.Begin(context.Background(), "ann", Addr(i%100))
				begun.Done()
				switch {
				case err == nil:
					passed.Add(1)
					<-hold // all attempts have begun before the first one fails
					_, _ = a.Failure(context.Background())
				case !errors.Is(err, lockout.ErrDelayed):
					lost.Add(1) // a store that answers too late may have counted it
				}
			})
		}
		begun.Wait()
		close(hold)
		wg.Wait()
		if n := passed.Load(); n > 10 || n < 10-lost.Load() {
			r.Errorf("%d of 1000 passed, want 10; %d got no answer of the store", n, lost.Load())
		}
	}},
}
