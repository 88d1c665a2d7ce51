package ratelimit

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
)

// A Limiter is made by [New] and may be used by several goroutines. It starts no
// goroutine and needs no closing.
type Limiter struct {
	*core
	fixed *tier // the tier that the method Tier has chosen, perhaps exempt; nil if Config.Tier chooses
}

// core is the part that a Limiter shares with the Limiters that its method Tier
// returns.
type core struct {
	name      string // Config.Name
	start     time.Time
	contracts *contracts // nil without Config.LimitsFor
	base      *tier
	tiers     map[string]*tier // with base as "", and exempt
	key       KeyFunc
	tierOf    func(*http.Request) string
	cost      func(*http.Request) int
	refundIf  func(int) bool
	breaker   *breaker.Breaker // nil without a store
	policy    OnFailure
	budget    time.Duration // the time that one decision may wait for the store
	headers   Headers
	legacy    bool
	arena     *stringArena
	deny      func(http.ResponseWriter, *http.Request, error)
	observe   func(*http.Request, Decision)
}

func (l *core) now() time.Duration { return time.Since(l.start) }

// Take takes n units from the quota of key in Config.Limits, now. A refused Take costs
// nothing in any limit. Take waits only for the store, and at most for the budget. If
// ctx ends earlier, Take returns at once with the error of ctx.
func (l *Limiter) Take(ctx context.Context, key Key, n int) (d Decision) {
	d.taken.key = key
	d.taken.tier, d.LimitsErr = l.ownTier(ctx, l.defaultTier(), key)
	l.decide(ctx, l.now(), n, allOrNone, &d)
	return d
}

// TakeAtMost takes the available units, at most n. Granted is their number. The
// Decision is a refusal only if no unit is available.
func (l *Limiter) TakeAtMost(ctx context.Context, key Key, n int) (d Decision) {
	d.taken.key = key
	d.taken.tier, d.LimitsErr = l.ownTier(ctx, l.defaultTier(), key)
	l.decide(ctx, l.now(), n, atMost, &d)
	return d
}

// TakeAt is [Limiter.Take] at a given time: the time since New returned. Changes of the
// wall clock do not affect it. Time does not run back: a time before 0, or before the
// time of an earlier decision, may count as that time. TakeAt is for memory, because a
// Store has a clock of its own.
func (l *Limiter) TakeAt(now time.Duration, key Key, n int) (d Decision) {
	d.taken.key = key
	d.taken.tier, d.LimitsErr = l.ownTier(context.Background(), l.defaultTier(), key)
	l.decide(context.Background(), now, n, allOrNone, &d)
	return d
}

// Peek returns the Decision that [Limiter.Take] of one unit would return now, and takes
// nothing. So Remaining still includes that unit.
func (l *Limiter) Peek(ctx context.Context, key Key) (d Decision) {
	t, err := l.ownTier(ctx, l.defaultTier(), key)
	if t == exempt {
		return Decision{Allowed: true, Tier: Exempt}
	}
	d.LimitsErr = err
	s := &t.limitSet
	if len(t.limits) == 0 {
		s = t.shadow
	}
	c := call{core: l.core, parent: ctx, at: l.now(), key: key}
	defer c.release()
	c.fill(&d, t, s, c.take(s, 0, allOrNone), 0)
	return d
}

// Refund gives back n of the units that d was granted, at most all of them, unless they
// have left the windows already. Refund each unit only once, even after an error,
// because the error may be about a lost answer: a second refund of the same units takes
// away units that other requests of the same key have used.
//
// The error is the error of the store, or nil. In memory a unit that was taken while
// more than MaxKeys keys were in use may stay taken.
func (l *Limiter) Refund(ctx context.Context, d Decision, n int) error {
	t := d.taken.tier
	if n = min(n, d.Granted); n < 1 || t == nil || t == exempt {
		return nil
	}
	c := call{core: l.core, parent: ctx, at: l.now(), key: d.taken.key}
	defer c.release()
	err := c.refund(&t.limitSet, d.taken.main, n)
	if t.shadow != nil {
		err = errors.Join(err, c.refund(t.shadow, d.taken.shadow, n))
	}
	return err
}

// Reset forgets the requests of key in Config.Limits, so key has all of its quotas
// again. The error is the error of the store, or nil.
func (l *Limiter) Reset(ctx context.Context, key Key) (err error) {
	t, _ := l.ownTier(ctx, l.defaultTier(), key)
	c := call{core: l.core, parent: ctx, at: l.now(), key: key}
	defer c.release()
	for _, s := range []*limitSet{&t.limitSet, t.shadow} {
		if s == nil {
			continue
		}
		if s.table != nil {
			s.table.reset(c.at, key)
		}
		if s.counter != nil {
			err = errors.Join(err, s.counter.Reset(c.storeContext(), key.digest()))
		}
	}
	return err
}

// Tier returns the Limiter of one tier. It shares all counters with l, and ignores
// Config.Tier. Exempt is a tier, and the empty name is the tier of Config.Limits. So is
// every other name that is not in Config.Tiers.
func (l *Limiter) Tier(name string) *Limiter {
	t, _ := l.tierNamed(name)
	return &Limiter{core: l.core, fixed: t}
}

// Policy returns the limits in words, for an inventory of routes, such as
//
//	api: 60 per minute, 1000 per hour; api-gold: 600 per minute
//
// The tiers follow in the order of their names. The words "some keys: LimitsFor" say that some
// keys have limits of their own.
func (l *Limiter) Policy() string {
	if l.fixed != nil {
		return l.words(l.fixed)
	}
	parts := []string{l.words(l.base)}
	for _, name := range slices.Sorted(maps.Keys(l.tiers)) {
		if name != "" && name != Exempt {
			parts = append(parts, l.words(l.tiers[name]))
		}
	}
	if l.contracts != nil {
		parts = append(parts, "some keys: LimitsFor")
	}
	return strings.Join(parts, "; ")
}

// words returns the limits of t in words, behind the name of l and t.
func (l *Limiter) words(t *tier) string {
	name := strings.Trim(l.name+"-"+t.name, "-")
	return cmp.Or(name, "limit") + ": " + t.words()
}

// words returns the limits of t in words.
func (t *tier) words() string {
	var parts []string
	for i := range t.limits {
		parts = append(parts, t.limits[i].String())
	}
	if t.shadow != nil {
		for i := range t.shadow.limits {
			parts = append(parts, t.shadow.limits[i].String()+" (shadow)")
		}
	}
	if len(parts) == 0 {
		return "exempt"
	}
	return strings.Join(parts, ", ")
}

// defaultTier returns the tier of a decision without a request.
func (l *Limiter) defaultTier() *tier {
	if l.fixed != nil {
		return l.fixed
	}
	return l.base
}

// tierNamed returns the tier with this name, or the tier of Config.Limits if name is
// unknown.
func (l *core) tierNamed(name string) (t *tier, known bool) {
	if t, known = l.tiers[name]; !known {
		t = l.base
	}
	return t, known
}

// exempt is the tier of requests that are not limited.
var exempt = &tier{name: Exempt}

// decide fills d. The caller has set the facts of the request in d, above all tier and
// key; all other fields are zero. Every request takes this path, and in memory it
// allocates nothing.
func (l *core) decide(ctx context.Context, now time.Duration, n int, m mode, d *Decision) {
	t := d.taken.tier
	d.Tier = t.name
	switch {
	case t == exempt:
		d.Allowed, d.Granted = true, n
	case n < 1:
		d.Err = errCostBelow1
	case n > t.smallest && m != atMost:
		d.Err = t.costError(n)
	case l.breaker == nil && t.shadow == nil: // in memory only
		var res takeResult
		t.table.take(now, d.taken.key, int64(min(n, t.smallest)), m, &res)
		d.taken.main.local, d.taken.main.inLocal = res.Stamp.At, true
		t.describe(d, &res.Count, n)
	default:
		l.decideByCall(ctx, now, n, m, d)
	}
}

// decideByCall is decide with a store, or with limits that have Shadow.
func (l *core) decideByCall(ctx context.Context, now time.Duration, n int, m mode, d *Decision) {
	t := d.taken.tier
	c := call{core: l, parent: ctx, at: now, key: d.taken.key}
	if len(t.limits) > 0 {
		out := c.take(&t.limitSet, min(n, t.smallest), m)
		d.taken.main = out.debit
		c.fill(d, t, &t.limitSet, out, n)
		n = d.Granted
	}
	if t.shadow != nil && n > 0 {
		c.takeShadow(d, t, n)
	}
	c.release()
}
