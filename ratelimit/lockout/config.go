package lockout

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config configures a [Guard]. The zero Config is valid for one process. Its limits meet
// NIST SP 800-63B and ASVS with room to spare.
type Config struct {
	_ [0]func()

	// PerAddress is the number of failures of an account from one address that lock
	// this account for this address, 1 to 100. Each known address has the same limit.
	// Default: 10.
	PerAddress int

	// PerAccount is the number of failures of an account, from all unknown addresses
	// together, that lock the account for all unknown addresses: PerAddress to 100
	// (NIST SP 800-63B, section 3.2.2). Default: 30, or PerAddress if that is more.
	PerAccount int

	// Window is the length of a lockout. It is also the time without a failure after
	// which the failures of an account or of an address are forgotten. In no interval
	// of this length are there more guesses than the limits allow. 1 minute to 30 days.
	// Default: 1 hour.
	Window time.Duration

	// DelayAfter is the number of failures from an address after which each further
	// attempt from there must wait, 1 to PerAddress. With PerAddress there is no delay,
	// only the lockout. Default: 3, or PerAddress if that is less.
	DelayAfter int

	// FirstDelay is the first of these waits. Each further wait is twice as long, up to
	// MaxDelay. 1 millisecond to MaxDelay. Default: 1 second, or MaxDelay if that is
	// less.
	FirstDelay time.Duration

	// MaxDelay is the longest wait, at most Window. Default: 1 minute, or FirstDelay if
	// that is more.
	MaxDelay time.Duration

	// ChallengeAfter is the number of failures that sets Decision.Challenge, 1 to
	// PerAddress. For a known address the failures of the address count, and otherwise
	// the failures of the account. Default: 0, never.
	ChallengeAfter int

	// KnownFor is the time for which an address is known after a login from there,
	// Window to 366 days. Default: 90 days.
	KnownFor time.Duration

	// MaxKnown is the number of addresses that an account knows, 1 to 8. One more
	// address takes the place of the address that was not used for the longest time.
	// The failures of the displaced address still count against it. Default: 8.
	MaxKnown int

	// TokenFor is the time for which an unlock token is valid, 1 minute to 24 hours.
	// Default: 30 minutes.
	TokenFor time.Duration

	// Secret is the key of all hashes: at least 32 random bytes, the same on all
	// processes that share a Store. Required with a Store. Default: a random secret.
	Secret []byte

	// Store keeps the counters, such as Store.Lockout of package ratelimit/redisstore.
	// While it fails, all guesses are refused with ErrUnavailable. Nil is the memory of
	// this process: each process counts by itself, and its counts end with it.
	Store Store

	// Budget is the time that one call of Store may take: 1 millisecond to 1 minute. A
	// Store may end a call earlier. Default: 250 ms. Refused without Store, because the
	// memory of this process never waits.
	Budget time.Duration

	// MaxAccounts is the number of accounts that have counters and known addresses of
	// their own at a time, in the memory of this process: 1 to 1,048,576. Refused with
	// a Store, which has room of its own. Default: 16,384. New allocates about 700
	// bytes for each account, and known addresses take up to 800 more. While guesses
	// from more than eight addresses of an account run, they take 48 bytes for each of
	// these addresses, up to 256 addresses for every eight accounts.
	MaxAccounts int

	// Observe is called with the decision of [Guard.Begin]. It must not block. Nil is
	// off.
	Observe func(context.Context, Decision)

	// OnThreshold is called for the failure that reaches ChallengeAfter and for the
	// failure that begins a lockout: once, on the process that ends the attempt. It
	// must not block. Nil is off.
	OnThreshold func(context.Context, Decision)
}

const (
	maxFailures = 100
	minSecret   = 32
	maxAccounts = 1 << 20
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Guard, error) {
	f := httperr.ConfigFaults{Package: "lockout"}
	cfg.checkStore(&f)
	cfg.setDefaults()
	cfg.check(&f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	g := &Guard{
		policy: Policy{
			PerAddress: cfg.PerAddress, PerAccount: cfg.PerAccount, DelayAfter: cfg.DelayAfter, MaxKnown: cfg.MaxKnown,
			FirstDelay: cfg.FirstDelay, MaxDelay: cfg.MaxDelay, Window: cfg.Window, KnownFor: cfg.KnownFor,
		},
		store: cfg.Store, budget: cfg.Budget, tokenFor: cfg.TokenFor, challengeAfter: cfg.ChallengeAfter,
		observe: cfg.Observe, onThreshold: cfg.OnThreshold,
	}
	if g.store == nil {
		g.store, g.budget = newMemory(cfg.MaxAccounts, cfg.Window), 0
	}
	if cfg.Secret == nil {
		cfg.Secret = make([]byte, minSecret)
		_, _ = rand.Read(cfg.Secret) // never fails
	}
	g.digest = newDigester(cfg.Secret)
	return g, nil
}

func (cfg *Config) setDefaults() {
	cfg.PerAddress = cmp.Or(cfg.PerAddress, 10)
	cfg.PerAccount = cmp.Or(cfg.PerAccount, max(30, cfg.PerAddress))
	cfg.DelayAfter = cmp.Or(cfg.DelayAfter, max(1, min(3, cfg.PerAddress)))
	cfg.MaxKnown = cmp.Or(cfg.MaxKnown, maxKnown)
	cfg.MaxAccounts = cmp.Or(cfg.MaxAccounts, 1<<14)
	cfg.Window = cmp.Or(cfg.Window, time.Hour)
	cfg.MaxDelay = cmp.Or(cfg.MaxDelay, max(time.Minute, cfg.FirstDelay))
	cfg.FirstDelay = cmp.Or(cfg.FirstDelay, max(time.Millisecond, min(time.Second, cfg.MaxDelay)))
	cfg.KnownFor = cmp.Or(cfg.KnownFor, 90*24*time.Hour)
	cfg.TokenFor = cmp.Or(cfg.TokenFor, 30*time.Minute)
	cfg.Budget = cmp.Or(cfg.Budget, 250*time.Millisecond)
}

func (cfg *Config) check(f *httperr.ConfigFaults) {
	// The fault names a bound that comes from another field. Otherwise the bound would
	// look arbitrary to a caller that did not set the other field.
	number := func(field string, v, low, high int, bound, fix string) {
		if v < low || v > high {
			f.Add(field, v, fmt.Sprintf("not between %d and %d%s", low, high, bound), fix)
		}
	}
	duration := func(field string, v, low, high time.Duration, bound, fix string) {
		if v < low || v > high {
			f.Add(field, v, fmt.Sprintf("not between %v and %v%s", low, high, bound), fix)
		}
	}
	const day = 24 * time.Hour
	number("PerAddress", cfg.PerAddress, 1, maxFailures, "", "leave it out for 10")
	// A fault of PerAddress must not cause faults of the next fields.
	perAddress := min(max(cfg.PerAddress, 1), maxFailures)
	number("PerAccount", cfg.PerAccount, perAddress, maxFailures,
		", from PerAddress up", "leave it out for 30, or PerAddress if that is more")
	number("DelayAfter", cfg.DelayAfter, 1, perAddress,
		", up to PerAddress", "leave it out for 3, or PerAddress if that is less")
	number("ChallengeAfter", cfg.ChallengeAfter, 0, perAddress, ", up to PerAddress", "leave it out for no challenge")
	number("MaxKnown", cfg.MaxKnown, 1, maxKnown, "", "leave it out for 8")
	duration("Window", cfg.Window, time.Minute, 30*day, "", "leave it out for an hour")
	window := min(max(cfg.Window, time.Minute), 30*day)
	duration("MaxDelay", cfg.MaxDelay, time.Millisecond, window,
		", up to Window", "leave it out for a minute, or FirstDelay if that is more")
	duration("FirstDelay", cfg.FirstDelay, time.Millisecond, min(max(cfg.MaxDelay, time.Millisecond), window),
		", up to MaxDelay", "leave it out for a second, or MaxDelay if that is less")
	duration("KnownFor", cfg.KnownFor, window, 366*day, ", from Window up", "leave it out for 90 days")
	duration("TokenFor", cfg.TokenFor, time.Minute, day, "", "leave it out for 30 minutes")
}
