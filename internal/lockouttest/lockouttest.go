// Package lockouttest tests any lockout.Store against the behaviours that every Store
// must have.
//
// # Use
//
//	for _, b := range lockouttest.Behaviours() {
//		t.Run(b.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) {
//				guard, err := lockout.New(b.Config) // with the Store under test
//				if err != nil {
//					t.Fatal(err)
//				}
//				b.Run(lockouttest.Rig{T: t, Guard: guard, Pass: time.Sleep, Tick: time.Millisecond})
//			})
//		})
//	}
package lockouttest

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A Rig is a guard on the store under test, and the clock of that store.
type Rig struct {
	*testing.T
	*lockout.Guard
	Pass func(time.Duration)

	// Tick is the time that may pass for the store between two calls of Pass. It is
	// less than half a second.
	Tick time.Duration
}

// A Behaviour is a behaviour that every Store must have, as a test.
type Behaviour struct {
	Name   string
	Config lockout.Config
	Run    func(Rig)
}

// Addr returns address i of 65,536.
func Addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}) }

// Admitted begins an attempt that must be admitted.
func (r Rig) Admitted(account string, from int) *lockout.Attempt {
	r.Helper()
	a, err := r.Begin(r.Context(), account, Addr(from))
	if err != nil {
		r.Fatalf("%s from %d: %v", account, from, err)
	}
	return a
}

// Wrong makes a guess that must be admitted and that fails.
func (r Rig) Wrong(account string, from int) lockout.Decision {
	r.Helper()
	d, err := r.Admitted(account, from).Failure(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return d
}

// Right makes a guess that must be admitted and that succeeds.
func (r Rig) Right(account string, from int) {
	r.Helper()
	if err := r.Admitted(account, from).Success(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// Refused begins an attempt that must be refused, with this Retry-After in seconds.
func (r Rig) Refused(account string, from int, retryAfter string) {
	r.Helper()
	_, err := r.Begin(r.Context(), account, Addr(from))
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || !errors.Is(err, lockout.ErrDelayed) || e.Header.Get("Retry-After") != retryAfter {
		r.Fatalf("%s from %d: %v, want a wait of %s: %+v", account, from, err, retryAfter, e)
	}
}

// Redeems redeems an unlock token from address 8, and requires this error.
func (r Rig) Redeems(account, token string, want error) {
	r.Helper()
	if err := r.Redeem(r.Context(), account, token, Addr(8)); !errors.Is(err, want) {
		r.Fatalf("%s with token %q: %v, want %v", account, token, err, want)
	}
}

// Guesses makes a number of tries. It fails every admitted attempt, and returns their
// number.
func (r Rig) Guesses(account string, from, tries int) (admitted int) {
	for range tries {
		if a, err := r.Begin(r.Context(), account, Addr(from)); err == nil {
			admitted++
			_, _ = a.Failure(r.Context())
		}
	}
	return admitted
}

// Plain is a policy without delays, so that only the limits refuse.
var Plain = lockout.Config{PerAddress: 4, PerAccount: 10, DelayAfter: 4, Window: time.Hour}
