package ratelimit

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Config of a [Limiter]. Limits and Key must be set.
type Config struct {
	_ [0]func()

	// Name tells this limiter from others on the same request, in headers and
	// in the request record, and from others in the same Store, which needs it:
	// a token (RFC 9110, section 5.6.2: letters, digits, "-", "_", "." and the
	// like, and no space) of at most 64 characters, without a bar. It stands
	// before the name of each limit, which is that of its window: "login-minute".
	// Default: none, and limits are called "minute". Give one to each limiter if
	// a request passes several.
	Name string

	// Limits are decided together in one step: a request is admitted by all of
	// them or costs none of them anything. At most 8, no two with the same
	// window, none that another makes idle. They are those of the tier "".
	Limits []Limit

	// Key says whom a request is counted against: ByClientIP, or By(…).
	Key KeyFunc

	// Tiers are limits for some of the requests, by the name that Tier returns.
	// A name is a token as Name is, and stands behind it: "api-gold-minute". A
	// key that changes its tier starts anew in the other.
	Tiers map[string][]Limit

	// Tier says which of Tiers a request is in, or Exempt. The empty name is
	// Limits, and so is any that is not in Tiers: a plan that nobody configured
	// is never unlimited, and Decision.UnknownTier tells of it. It must not
	// return what the client sent. Nil: all requests are in Limits.
	Tier func(*http.Request) string

	// Cost is how many units a request takes, 1 to the smallest quota. One that is
	// above would never be admitted, so it is refused with 400 cost_too_high and no
	// Retry-After. One below 1 is a mistake of the program and is refused as
	// httperr.ErrInternal. Nil: 1.
	Cost func(*http.Request) int

	// RefundIf gives the units of a request back if it returns true for the
	// status of the response: Succeeded, and only failures count; Failed, and
	// only successes do. They are taken before the handler runs, so that those
	// that are still running count. A handler that panics before it has
	// responded has the status 500. A handler that answers while it lets go on
	// what it began, as http.TimeoutHandler does, belongs outside: inside, what
	// still runs would be given back. Nil: nothing is given back.
	RefundIf func(status int) bool

	// MaxKeys is how many keys of each tier are counted apart at a time, 1 to
	// 16,777,216, and at most 2 GiB with the limits that are given.
	// Default: 65,536. All memory is allocated by New: about 70 bytes a key, 17
	// more with a Store, and for each limit 170, or 17 times its quota if that is
	// at most 16. Beyond MaxKeys, new keys may begin with part of their quota
	// spent; see the package.
	MaxKeys int

	// Store counts for several processes. Nil: the memory of this one does, and
	// the next four fields, which would have no meaning, must not be set. A nil
	// pointer or function is refused.
	Store Store

	// OnFailure says who decides while the store does not answer.
	// Default: FailLocal.
	OnFailure OnFailure

	// Replicas is how many processes share the Store, for FailLocal: each has
	// ceil(quota/Replicas) of each quota meanwhile. Default: 1.
	Replicas int

	// Budget is how long one decision may wait for the Store, 1 ms to 1 s.
	// Default: 25 ms.
	Budget time.Duration

	// OnState is told when the store is given up, with what it said last, and when
	// it is back, with nil: from within the request that found out, one at a time.
	// name is Name. It must not block. Nil is off.
	OnState func(name string, err error)

	// Headers says which responses carry RateLimit and RateLimit-Policy.
	// Default: all of them.
	Headers Headers

	// LegacyHeaders adds X-RateLimit-Limit, X-RateLimit-Remaining and
	// X-RateLimit-Reset, in seconds from now, to the responses that carry the
	// others. Of several limiters on a request only the innermost is told of.
	LegacyHeaders bool

	// Deny answers a request that is refused; next does not run. Nil is
	// httperr.Write. Retry-After is set already, and the RateLimit headers
	// unless they are off.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is told the decision on every request that reaches Handler,
	// before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// Headers says which responses carry the RateLimit headers. Retry-After is on
// every refusal that time heals, whatever it says.
type Headers uint8

// The choices for Config.Headers.
const (
	HeadersAlways    Headers = iota // on every response
	HeadersOnRefusal                // only where the limit refused
	HeadersNever                    // tell nobody what the limits are
)

const (
	defaultMaxKeys = 1 << 16
	maxMaxKeys     = 1 << 24
	maxBytes       = 2 << 30
	maxReplicas    = 100_000
	defaultBudget  = 25 * time.Millisecond
	minBudget      = time.Millisecond
	maxBudget      = time.Second
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError, and with them those that the Store reports.
func New(cfg Config) (*Limiter, error) {
	given := cfg
	cfg.setDefaults()
	f := httperr.ConfigFaults{Package: "ratelimit"}
	checkLimits(&f, "Limits", cfg.Limits)
	cfg.checkTiers(&f)
	cfg.checkName(&f)
	openStore := f.Len() == 0 && (cfg.Store == nil || !nilcheck.Nil(cfg.Store)) // a store is asked only what makes sense
	cfg.check(&f)
	given.checkStore(&f)
	if f.Len() == 0 {
		if size := cfg.totalTableBytes(); size > maxBytes {
			// It would end the program and not be an error.
			f.Add("MaxKeys", cfg.MaxKeys, fmt.Sprintf("takes %d MiB with these limits, more than 2048", size>>20), "lower it, or give fewer limits")
		}
	}
	c := compiler{Config: &cfg, tables: f.Len() == 0}
	var l *Limiter
	if openStore {
		l = c.newLimiter()
	}
	if err := errors.Join(append([]error{f.Err()}, c.faults...)...); err != nil {
		return nil, err
	}
	return l, nil
}

func (c *compiler) newLimiter() *Limiter {
	l := &Limiter{core: &core{
		start: time.Now(), key: c.Key, tierOf: c.Tier, cost: c.Cost, refundIf: c.RefundIf,
		headers: c.Headers, legacy: c.LegacyHeaders, arena: new(stringArena), deny: c.Deny, observe: c.Observe,
		base: c.newTier("", c.Limits), tiers: make(map[string]*tier, len(c.Tiers)),
	}}
	for name, limits := range c.Tiers {
		l.tiers[name] = c.newTier(name, limits)
	}
	if c.Store != nil {
		l.breaker, l.policy, l.budget = c.newBreaker(), c.OnFailure, c.Budget
	}
	if l.deny == nil {
		l.deny = httperr.Write
	}
	return l
}

func (cfg *Config) setDefaults() {
	if cfg.MaxKeys == 0 {
		cfg.MaxKeys = defaultMaxKeys
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = 1
	}
	if cfg.Budget == 0 {
		cfg.Budget = defaultBudget
	}
}

func (cfg *Config) checkName(f *httperr.ConfigFaults) {
	switch {
	case cfg.Name == "" && cfg.Store != nil:
		f.Add("Name", nil, "missing: limiters without one would share their windows in the store", `write a word such as "login"`)
	case cfg.Name != "" && !field.Label(cfg.Name):
		f.Add("Name", cfg.Name, "not a token (RFC 9110, section 5.6.2) of at most 64 characters without a bar", `write a word such as "login"`)
	}
}

func (cfg *Config) check(f *httperr.ConfigFaults) {
	if cfg.Key == nil {
		f.Add("Key", nil, "missing: all requests would share one quota", "set ratelimit.ByClientIP, or ratelimit.By with a function that is not nil")
	}
	if cfg.MaxKeys < 1 || cfg.MaxKeys > maxMaxKeys {
		f.Add("MaxKeys", cfg.MaxKeys, "not between 1 and 16777216", "leave it out for 65536")
	}
	if cfg.Headers > HeadersNever {
		f.Add("Headers", cfg.Headers, "not one of the choices", "set ratelimit.HeadersAlways, HeadersOnRefusal or HeadersNever")
	}
}

// checkStore adds what is wrong with the store and with what belongs to it. cfg
// is as it was given: where there is no store, nothing of that may be set, for
// whoever wrote it believes in a store that is not there.
func (cfg *Config) checkStore(f *httperr.ConfigFaults) {
	if cfg.Store != nil && nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is a nil pointer or function", "leave Store out, or check the error of what made it")
	}
	for _, o := range []struct {
		name        string
		value       any
		set, valid  bool
		reason, fix string
	}{
		{
			"OnFailure", cfg.OnFailure, cfg.OnFailure != FailLocal, cfg.OnFailure <= FailOpen,
			"not one of the choices", "set ratelimit.FailLocal, FailClosed or FailOpen",
		},
		{
			"Replicas", cfg.Replicas, cfg.Replicas != 0, 1 <= cfg.Replicas && cfg.Replicas <= maxReplicas,
			"not between 1 and 100000", "give the number of processes, or leave it out for 1",
		},
		{
			"Budget", cfg.Budget, cfg.Budget != 0, minBudget <= cfg.Budget && cfg.Budget <= maxBudget,
			"not between 1ms and 1s", "leave it out for 25ms",
		},
		{name: "OnState", set: cfg.OnState != nil, valid: true},
	} {
		switch {
		case o.set && !o.valid:
			f.Add(o.name, o.value, o.reason, o.fix)
		case o.set && cfg.Store == nil:
			f.Add(o.name, o.value, "has no meaning without Store", "set Store, or leave it out")
		}
	}
}

var errNoCounter = &httperr.ConfigError{
	Package: "ratelimit", Field: "Store",
	Reason: "its Open returned neither a Counter nor an error", Fix: "return one of them",
}
