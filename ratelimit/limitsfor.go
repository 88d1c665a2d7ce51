package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A contracts finds the limits of keys that have limits of their own, by
// Config.LimitsFor. It remembers the answers for a time. Keys with the same limits share
// a tier, which counts them as the tiers of Config.Tiers do.
type contracts struct {
	ask     func(context.Context, Key) ([]Limit, error)
	ttl     time.Duration
	compile func([]Limit) (*tier, error)

	mu      sync.Mutex
	answers map[Key]*answer
	tiers   map[string]*contract // by the text of their limits
}

// An answer is the last answer of LimitsFor about a key.
type answer struct {
	contract *contract // nil: Config.Limits apply
	err      error
	until    time.Duration
	asking   chan struct{} // closed when the answer is there; nil if no call asks
}

// A contract is a set of limits with its counters.
type contract struct {
	*tier
	used   time.Duration // of its last decision
	unused time.Duration // the time without a decision after which nothing counts in it
}

const (
	defaultLimitsTTL = time.Minute
	minLimitsTTL     = time.Second
	maxLimitsTTL     = 24 * time.Hour
	maxAnswers       = 1 << 16
	maxContracts     = 256
	retryAnswer      = time.Second // the time for which a failure of LimitsFor is remembered
	contractBytes    = 512 << 10   // the most that the counters of a contract take
)

var errPanicked = errors.New("ratelimit: LimitsFor panicked")

var errTooManyContracts = errors.New("ratelimit: LimitsFor returned more than 256 different sets of limits within their windows")

// tierFor returns the tier of key, or nil if Config.Limits apply. The error says why
// Config.Limits, or limits from an earlier answer, apply.
func (c *contracts) tierFor(ctx context.Context, key Key, now time.Duration) (*tier, error) {
	c.mu.Lock()
	a := c.answers[key]
	if a == nil {
		c.makeRoom(now)
		a = &answer{}
		c.answers[key] = a
	} else if a.asking == nil && now < a.until || a.asking != nil && a.until > 0 {
		defer c.mu.Unlock()
		return a.result(now) // also while another call asks anew
	}
	if a.asking != nil { // the first call about this key asks
		asking := a.asking
		c.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return a.result(now)
	}
	a.asking = make(chan struct{})
	c.mu.Unlock()
	err := errPanicked
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(a.asking)
		a.asking = nil
		if a.until == 0 {
			a.err, a.until = err, now
		}
	}()
	limits, asked := c.ask(ctx, key)
	err = asked
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(a, limits, err, now, ctx.Err() != nil)
	return a.result(now)
}

// result returns the tier of a, which is decided for at now.
func (a *answer) result(now time.Duration) (*tier, error) {
	if a.contract == nil {
		return nil, a.err
	}
	a.contract.used = max(a.contract.used, now)
	return a.contract.tier, a.err
}

// settle stores the answer of LimitsFor in a. After a failure the limits of the last
// answer stay. gone says that the client no longer waits: its failure is not remembered.
func (c *contracts) settle(a *answer, limits []Limit, err error, now time.Duration, gone bool) {
	var found *contract
	if err == nil && len(limits) > 0 {
		found, err = c.find(limits, now)
	}
	switch {
	case err == nil:
		a.contract, a.err, a.until = found, nil, now+c.ttl
	case gone:
		a.err, a.until = err, max(a.until, now)
	default:
		a.err, a.until = err, now+retryAnswer
	}
}

// find returns the contract with these limits.
func (c *contracts) find(limits []Limit, now time.Duration) (*contract, error) {
	name, longest := "", time.Duration(0)
	for _, l := range limits {
		name += fmt.Sprintf("%d/%d/%t ", l.Quota, l.Window, l.Shadow)
		longest = max(longest, l.Window)
	}
	if found := c.tiers[name]; found != nil {
		return found, nil
	}
	f := httperr.ConfigFaults{Package: "ratelimit"}
	if checkLimits(&f, "LimitsFor", limits); f.Len() > 0 {
		return nil, f.Err()
	}
	if len(c.tiers) >= maxContracts {
		c.dropUnused(now)
	}
	if len(c.tiers) >= maxContracts {
		return nil, errTooManyContracts
	}
	t, err := c.compile(slices.Clone(limits))
	if err != nil {
		return nil, err
	}
	// Twice the window is more than buckets and a store stretch it. A minute is longer than
	// any decision that is under way.
	c.tiers[name] = &contract{tier: t, used: now, unused: 2*longest + time.Minute}
	return c.tiers[name], nil
}

// dropUnused drops the contracts whose units have all left their windows.
func (c *contracts) dropUnused(now time.Duration) {
	inUse := func(k *contract) bool {
		for _, a := range c.answers {
			if a.contract == k && a.asking != nil {
				return true // a call that asks anew may still decide by the last answer
			}
		}
		return false
	}
	for name, k := range c.tiers {
		if now-k.used <= k.unused || inUse(k) {
			continue
		}
		delete(c.tiers, name)
		for key, a := range c.answers {
			if a.contract == k {
				delete(c.answers, key)
			}
		}
	}
}

// makeRoom makes room for one more answer: it drops those that are no longer good, and
// else any.
func (c *contracts) makeRoom(now time.Duration) {
	if len(c.answers) < maxAnswers {
		return
	}
	for key, a := range c.answers {
		if a.asking == nil && a.until <= now {
			delete(c.answers, key)
		}
	}
	for key, a := range c.answers {
		if len(c.answers) < maxAnswers*7/8 {
			return
		}
		if a.asking == nil {
			delete(c.answers, key)
		}
	}
}

// newContracts returns nil without LimitsFor.
func (cfg *Config) newContracts() *contracts {
	if cfg.LimitsFor == nil {
		return nil
	}
	return &contracts{
		ask: cfg.LimitsFor, ttl: cfg.LimitsTTL, answers: map[Key]*answer{}, tiers: map[string]*contract{},
		compile: func(limits []Limit) (*tier, error) {
			own := *cfg
			own.Limits, own.Tiers = limits, nil
			own.MaxKeys = min(cfg.MaxKeys, max(own.fittingKeys(contractBytes), ways))
			c := compiler{Config: &own, tables: true}
			t := c.newTierAs("", own.Name+"||limits", limits)
			return t, errors.Join(c.faults...)
		},
	}
}

// ownTier returns the tier of a request or of a key: t, or the limits of the key itself if
// t is that of Config.Limits.
func (l *Limiter) ownTier(ctx context.Context, t *tier, key Key) (*tier, error) {
	if l.contracts == nil || t != l.base || l.fixed != nil || key == (Key{}) {
		return t, nil
	}
	own, err := l.contracts.tierFor(ctx, key, l.now())
	if own == nil {
		own = t
	}
	return own, err
}
