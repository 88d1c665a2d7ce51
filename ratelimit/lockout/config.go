package lockout

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Config of a [Guard]. The zero Config is sound for one process; the limits in
// it are those of NIST SP 800-63B and ASVS, with room to spare.
type Config struct {
	_ [0]func()

	// PerAddress is how many failures of an account from one address lead to a
	// lockout of the two, 1 to 100. It is the limit of each known address too.
	// Default: 10.
	PerAddress int

	// PerAccount is how many failures of an account, from all addresses together
	// that it does not know, lead to a lockout from all of those: PerAddress to
	// 100 (NIST SP 800-63B, section 3.2.2). Default: 30, or PerAddress if that
	// is more.
	PerAccount int

	// Window is how long a lockout lasts, and how long an account or an address
	// must go without a failure until its failures are forgotten: in no interval
	// that long are there more guesses than the limits say. 1 minute to 30 days.
	// Default: 1 hour.
	Window time.Duration

	// DelayAfter is after how many failures from an address each further attempt
	// from there must wait, 1 to PerAddress. Default: 3, or PerAddress if that is
	// less, which leaves only the lockout.
	DelayAfter int

	// FirstDelay is the first of these waits, and each further one is twice the
	// one before, up to MaxDelay. 1 millisecond to MaxDelay. Default: 1 second, or
	// MaxDelay if that is less.
	FirstDelay time.Duration

	// MaxDelay is the longest of them, at most Window. Default: 1 minute, or
	// FirstDelay if that is more.
	MaxDelay time.Duration

	// ChallengeAfter is after how many failures Decision.Challenge is set, 1 to
	// PerAddress. They are those of the address if it is known, and otherwise
	// those of the account. Default: 0, never.
	ChallengeAfter int

	// KnownFor is how long an address is known after a login from there, Window
	// to 366 days. Default: 90 days.
	KnownFor time.Duration

	// MaxKnown is how many addresses an account knows, 1 to 8; one more takes the
	// place of the one that was not used for longest, whose failures still count
	// against it. Default: 8.
	MaxKnown int

	// TokenFor is how long an unlock token is good, 1 minute to 24 hours.
	// Default: 30 minutes.
	TokenFor time.Duration

	// Secret is the key of all hashes: at least 32 random bytes, the same on all
	// processes that share a Store. Required with a Store. Default: a random one.
	Secret []byte

	// Store keeps the counters, such as Store.Lockout of package
	// ratelimit/redisstore. While it fails nobody may guess: ErrUnavailable. Nil is
	// the memory of this process, with which each process counts by itself and
	// forgets when it ends.
	Store Store

	// Budget is how long one call of Store may take: 1 millisecond to 1 minute. A
	// Store may end a call earlier. Default: 250 ms. Refused without Store: the
	// memory of this process waits for nobody.
	Budget time.Duration

	// MaxAccounts is how many accounts have counters of their own at a time, and
	// of how many the known addresses are kept, in the memory of this process; 1
	// to 1,048,576. Refused with a Store, which has room of its own. Default:
	// 16,384. New allocates about 700 bytes for each, and known addresses take up
	// to 800 more.
	MaxAccounts int

	// Observe is told what [Guard.Begin] decides. It must not block. Nil is off.
	Observe func(context.Context, Decision)

	// OnThreshold is told when a failure is the one that reaches ChallengeAfter
	// or begins a lockout: once, on whichever process settles it. It must not
	// block. Nil is off.
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
	number := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	duration := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	number(&cfg.PerAddress, 10)
	number(&cfg.PerAccount, max(30, cfg.PerAddress))
	number(&cfg.DelayAfter, max(1, min(3, cfg.PerAddress)))
	number(&cfg.MaxKnown, maxKnown)
	number(&cfg.MaxAccounts, 1<<14)
	duration(&cfg.Window, time.Hour)
	duration(&cfg.MaxDelay, max(time.Minute, cfg.FirstDelay))
	duration(&cfg.FirstDelay, max(time.Millisecond, min(time.Second, cfg.MaxDelay)))
	duration(&cfg.KnownFor, 90*24*time.Hour)
	duration(&cfg.TokenFor, 30*time.Minute)
	duration(&cfg.Budget, 250*time.Millisecond)
}

func (cfg *Config) check(f *httperr.ConfigFaults) {
	// A bound that is another field's value is named, or it looks arbitrary to
	// whoever set only the one.
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
	perAddress := min(max(cfg.PerAddress, 1), maxFailures) // the fault of one is not to look like that of another
	number("PerAccount", cfg.PerAccount, perAddress, maxFailures, ", from PerAddress up", "leave it out for 30, or PerAddress if that is more")
	number("DelayAfter", cfg.DelayAfter, 1, perAddress, ", up to PerAddress", "leave it out for 3, or PerAddress if that is less")
	number("ChallengeAfter", cfg.ChallengeAfter, 0, perAddress, ", up to PerAddress", "leave it out for no challenge")
	number("MaxKnown", cfg.MaxKnown, 1, maxKnown, "", "leave it out for 8")
	duration("Window", cfg.Window, time.Minute, 30*day, "", "leave it out for an hour")
	window := min(max(cfg.Window, time.Minute), 30*day)
	duration("MaxDelay", cfg.MaxDelay, time.Millisecond, window, ", up to Window", "leave it out for a minute, or FirstDelay if that is more")
	duration("FirstDelay", cfg.FirstDelay, time.Millisecond, min(max(cfg.MaxDelay, time.Millisecond), window), ", up to MaxDelay", "leave it out for a second, or MaxDelay if that is less")
	duration("KnownFor", cfg.KnownFor, window, 366*day, ", from Window up", "leave it out for 90 days")
	duration("TokenFor", cfg.TokenFor, time.Minute, day, "", "leave it out for 30 minutes")
}
