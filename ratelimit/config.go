package ratelimit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Config configures a [Limiter]. Limits and Key must be set.
type Config struct {
	_ [0]func()

	// Name tells this limiter from other limiters on the same request, in headers and
	// in the request record, and from other limiters in the same Store. It is required
	// with a Store. Name is a token (RFC 9110, section 5.6.2: letters, digits, "-",
	// "_", "." and the like, and no space) of at most 64 characters, without a bar. It
	// stands before the name of each limit, and a limit is named after its window:
	// "login-minute". Default: no name, and limits are called "minute". Give each
	// limiter a name if a request passes several.
	Name string

	// Limits are decided together in one step: either all of them admit a request, or
	// it costs nothing in any of them. At most 8 limits. New refuses two limits with
	// the same window, and a limit that can never refuse because of another. Limits
	// belong to the tier "".
	Limits []Limit

	// Key finds the key that a request counts against: ByClientIP, or By(…).
	Key KeyFunc

	// Tiers are limits for some of the requests, by the name that Tier returns. The
	// name of a tier is a token like Name, and follows Name in the names of its limits:
	// "api-gold-minute". A key that changes its tier starts with an unused quota in the
	// new tier.
	Tiers map[string][]Limit

	// Tier returns the name of the tier of a request, or Exempt. The empty name means
	// Limits. A name that is not in Tiers means Limits too, and sets
	// Decision.UnknownTier, so a plan without a configuration is never unlimited. Tier
	// must not return a value that the client sent. Nil: all requests are in Limits.
	Tier func(*http.Request) string

	// LimitsFor returns the limits of one key, for quotas that stand in a database: a number
	// for each customer. It is asked for keys whose tier is "", and its limits take the
	// place of Config.Limits. No limits mean Config.Limits. For a few plans that many keys
	// share, use Tiers, which cost less memory.
	//
	// An answer is remembered for LimitsTTL, of up to 65,536 keys. Then the next request of
	// the key asks again, and other requests go on with the last answer. If LimitsFor fails,
	// or returns limits that New would refuse, the last answer stays in force, or
	// Config.Limits if there is none; Decision.LimitsErr tells the reason, and LimitsFor is
	// asked again after a second. Up to 256 different sets of limits can be in use within
	// their windows, and the counters of a set take up to half a MiB: 290 keys with
	// PerMinute(100). With package redisstore they take as much again. Config.Limits and
	// each set count by themselves, so a key whose limits have changed starts with an unused
	// quota.
	//
	// LimitsFor runs in the request, with its context, and must return when that ends. The
	// values must not come from the client. Nil: all keys of the tier "" have Config.Limits.
	LimitsFor func(ctx context.Context, key Key) ([]Limit, error)

	// LimitsTTL is the time for which an answer of LimitsFor is remembered, 1 s to 24 h.
	// Default: 1 minute.
	LimitsTTL time.Duration

	// Cost returns the units that a request takes, 1 to the smallest quota. A higher
	// cost would never be admitted, so the request is refused with 400 cost_too_high
	// and no Retry-After. A cost below 1 is a mistake of the program, and is refused as
	// httperr.ErrInternal. Nil: 1.
	Cost func(*http.Request) int

	// RefundIf gives the units of a request back if it returns true for the status of
	// the response. With Succeeded only failures count, and with Failed only successes.
	// The units are taken before the handler runs, so running requests count. A handler
	// that panics before it has responded has the status 500. A handler that answers
	// while its work goes on, as http.TimeoutHandler does, belongs outside the Limiter:
	// inside, units of work that still runs would be given back. Nil: nothing is given
	// back.
	RefundIf func(status int) bool

	// MaxKeys is the number of keys of each tier that have counters of their own at a
	// time: 1 to 16,777,216, and at most 2 GiB with the given limits. New allocates all
	// memory: about 70 bytes a key, 17 more with a Store, and for each limit 34, and
	// 544 more, or 17 times its quota if that is at most 128. Default: 65,536, or as
	// many as fit into 32 MiB for the largest tier, if that is less: with PerMinute(100)
	// some 18,600 keys. A program with more clients within a window should set MaxKeys.
	// If more keys are in use, new keys may begin with part of their quota spent; see
	// the package.
	MaxKeys int

	// Store counts for several processes. Nil: the memory of this process counts, and
	// the next four fields must not be set, because they would have no effect. A nil
	// pointer or function is refused.
	Store Store

	// OnFailure decides while the store does not answer. Default: FailLocal.
	OnFailure OnFailure

	// Replicas is the number of processes that share the Store. With FailLocal, each
	// process has ceil(quota/Replicas) of each quota while the store does not answer.
	// Default: 1.
	Replicas int

	// Budget is the time that one decision may wait for the Store, 1 ms to 1 s.
	// Default: 25 ms.
	Budget time.Duration

	// OnState is called when the circuit breaker of the store opens, with the last
	// error of the store, and when it closes, with nil. It is called from within the
	// request that caused the change, one call at a time. A Store may also report an
	// unsafe configuration of its server, from a goroutine of its own: package
	// ratelimit/redisstore does for a maxmemory-policy that evicts counts. name is Name.
	// It must not block. Nil is off.
	OnState func(name string, err error)

	// Headers says which responses carry RateLimit and RateLimit-Policy. Default: all
	// responses.
	Headers Headers

	// LegacyHeaders adds X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset
	// (in seconds from now) to the responses that carry the RateLimit headers. If a
	// request passes several limiters, these three headers describe only the innermost.
	LegacyHeaders bool

	// Deny answers a refused request; next does not run. Nil is httperr.Write.
	// Retry-After is set already, and so are the RateLimit headers unless they are off.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is called with the decision on every request that reaches Handler, before
	// the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// Headers says which responses carry the RateLimit headers. It does not affect
// Retry-After, which stands on every refusal that ends by waiting.
type Headers uint8

// The choices for Config.Headers.
const (
	HeadersAlways    Headers = iota // on every response
	HeadersOnRefusal                // only on responses that the limit refused
	HeadersNever                    // on no response: the limits stay secret
)

const (
	defaultMaxKeys = 1 << 16
	maxMaxKeys     = 1 << 24
	maxBytes       = 2 << 30
	defaultBytes   = 32<<20 - 64<<10 // the most that a table takes beside its locks if MaxKeys is not set
	maxReplicas    = 100_000
	defaultBudget  = 25 * time.Millisecond
	minBudget      = time.Millisecond
	maxBudget      = time.Second
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError, together with the faults that the Store reports.
func New(cfg Config) (*Limiter, error) {
	given := cfg
	cfg.setDefaults()
	f := httperr.ConfigFaults{Package: "ratelimit"}
	checkLimits(&f, "Limits", cfg.Limits)
	cfg.checkTiers(&f)
	cfg.checkName(&f)
	// The store opens only valid limits and names.
	openStore := f.Len() == 0 && (cfg.Store == nil || !nilcheck.Nil(cfg.Store))
	cfg.check(&f)
	given.checkStore(&f)
	if f.Len() == 0 {
		if given.MaxKeys == 0 {
			cfg.MaxKeys = cfg.fittingKeys(defaultBytes)
		}
		if size := cfg.totalTableBytes(); size > maxBytes {
			// An allocation of this size would crash the program and return no error.
			reason := fmt.Sprintf("takes %d MiB with these limits, more than 2048", size>>20)
			f.Add("MaxKeys", cfg.MaxKeys, reason, "lower it, or give fewer limits")
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
	cfg.reportFaults()
	return l, nil
}

func (c *compiler) newLimiter() *Limiter {
	base := c.newTier("", c.Limits)
	l := &Limiter{core: &core{
		name: c.Name, start: time.Now(), key: c.Key, tierOf: c.Tier, cost: c.Cost, refundIf: c.RefundIf,
		headers: c.Headers, legacy: c.LegacyHeaders, arena: new(stringArena), deny: c.Deny, observe: c.Observe,
		contracts: c.newContracts(), base: base, tiers: map[string]*tier{"": base, Exempt: exempt},
	}}
	for name, limits := range c.Tiers {
		l.tiers[name] = c.newTier(name, limits)
	}
	if c.Store != nil {
		c.serializeOnState()
		l.breaker, l.policy, l.budget = c.newBreaker(), c.OnFailure, c.Budget
	}
	if l.deny == nil {
		l.deny = httperr.Write
	}
	return l
}

func (cfg *Config) setDefaults() {
	cfg.MaxKeys = cmp.Or(cfg.MaxKeys, defaultMaxKeys)
	cfg.LimitsTTL = cmp.Or(cfg.LimitsTTL, defaultLimitsTTL)
	cfg.Replicas = cmp.Or(cfg.Replicas, 1)
	cfg.Budget = cmp.Or(cfg.Budget, defaultBudget)
}

func (cfg *Config) checkName(f *httperr.ConfigFaults) {
	switch {
	case cfg.Name == "" && cfg.Store != nil:
		f.Add("Name", nil,
			"missing: limiters without one would share their windows in the store",
			`write a word such as "login"`)
	case cfg.Name != "" && !field.Label(cfg.Name):
		f.Add("Name", cfg.Name,
			"not a token (RFC 9110, section 5.6.2) of at most 64 characters without a bar",
			`write a word such as "login"`)
	}
}

func (cfg *Config) check(f *httperr.ConfigFaults) {
	if cfg.Key == nil {
		f.Add("Key", nil,
			"missing: all requests would share one quota",
			"set ratelimit.ByClientIP, or ratelimit.By with a function that is not nil")
	}
	if cfg.MaxKeys < 1 || cfg.MaxKeys > maxMaxKeys {
		f.Add("MaxKeys", cfg.MaxKeys, "not between 1 and 16777216", "leave it out for 65536")
	}
	if cfg.LimitsTTL < minLimitsTTL || cfg.LimitsTTL > maxLimitsTTL {
		f.Add("LimitsTTL", cfg.LimitsTTL, "not between 1s and 24h", "leave it out for a minute")
	}
	if cfg.Headers > HeadersNever {
		f.Add("Headers", cfg.Headers, "not one of the choices", "set ratelimit.HeadersAlways, HeadersOnRefusal or HeadersNever")
	}
}

// checkStore adds the faults of the store and of the fields that need a store. cfg must
// be the configuration without defaults: a caller that sets such a field without a
// store believes in a store that does not exist.
func (cfg *Config) checkStore(f *httperr.ConfigFaults) {
	if cfg.Store != nil && nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is a nil pointer or function", "leave Store out, or check the error of what made it")
	}
	if cfg.LimitsTTL != 0 && cfg.LimitsFor == nil {
		f.Add("LimitsTTL", cfg.LimitsTTL, "has no meaning without LimitsFor", "set LimitsFor, or leave it out")
	}
	check := func(set bool, name string, value any, valid bool, reason, fix string) {
		switch {
		case set && !valid:
			f.Add(name, value, reason, fix)
		case set && cfg.Store == nil:
			f.Add(name, value, "has no meaning without Store", "set Store, or leave it out")
		}
	}
	check(cfg.OnFailure != FailLocal, "OnFailure", cfg.OnFailure, cfg.OnFailure <= FailOpen,
		"not one of the choices", "set ratelimit.FailLocal, FailClosed or FailOpen")
	check(cfg.Replicas != 0, "Replicas", cfg.Replicas, 1 <= cfg.Replicas && cfg.Replicas <= maxReplicas,
		"not between 1 and 100000", "give the number of processes, or leave it out for 1")
	check(cfg.Budget != 0, "Budget", cfg.Budget, minBudget <= cfg.Budget && cfg.Budget <= maxBudget,
		"not between 1ms and 1s", "leave it out for 25ms")
	check(cfg.OnState != nil, "OnState", nil, true, "", "")
}

var errNoCounter = &httperr.ConfigError{
	Package: "ratelimit", Field: "Store",
	Reason: "its Open returned neither a Counter nor an error", Fix: "return one of them",
}
