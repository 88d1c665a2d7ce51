// Package lockouttest holds what every lockout.Store has to do.
package lockouttest

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A Rig is a guard on some store, and the clock of that store.
type Rig struct {
	*testing.T
	*lockout.Guard
	Pass func(time.Duration)

	// Tick is how much time the store may see go by while nobody calls Pass. It
	// is less than half a second.
	Tick time.Duration
}

// A Behaviour is one that every Store has.
type Behaviour struct {
	Name   string
	Config lockout.Config
	Run    func(Rig)
}

// Addr is one of 65,536 addresses.
func Addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}) }

// Admitted is a Begin that is to be admitted.
func (r Rig) Admitted(account string, from int) *lockout.Attempt {
	r.Helper()
	a, err := r.Begin(r.Context(), account, Addr(from))
	if err != nil {
		r.Fatalf("%s from %d: %v", account, from, err)
	}
	return a
}

// Wrong is a guess that is to be admitted, and fails.
func (r Rig) Wrong(account string, from int) lockout.Decision {
	r.Helper()
	d, err := r.Admitted(account, from).Failure(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return d
}

// Right is one that is right.
func (r Rig) Right(account string, from int) {
	r.Helper()
	if err := r.Admitted(account, from).Success(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// Refused is a Begin that is to be refused, with that Retry-After in seconds.
func (r Rig) Refused(account string, from int, retryAfter string) {
	r.Helper()
	_, err := r.Begin(r.Context(), account, Addr(from))
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || !errors.Is(err, lockout.ErrDelayed) || e.Header.Get("Retry-After") != retryAfter {
		r.Fatalf("%s from %d: %v, want a wait of %s: %+v", account, from, err, retryAfter, e)
	}
}

// Guesses fails as often as it can of so many tries.
func (r Rig) Guesses(account string, from, tries int) (admitted int) {
	for range tries {
		if a, err := r.Begin(r.Context(), account, Addr(from)); err == nil {
			admitted++
			_, _ = a.Failure(r.Context())
		}
	}
	return admitted
}

// Plain is a policy without delays, which shows the limits alone.
var Plain = lockout.Config{PerAddress: 4, PerAccount: 10, DelayAfter: 4, Window: time.Hour}
