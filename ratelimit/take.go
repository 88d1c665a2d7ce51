package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Take takes n units from the quota of key in Config.Limits, now. A refused one
// takes nothing from any limit. It waits for nothing but the store, at most for
// the budget. ctx ends that wait sooner, and is then the error.
func (l *Limiter) Take(ctx context.Context, key Key, n int) (d Decision) {
	d.taken.tier, d.taken.key = l.tier(), key
	l.decide(ctx, l.now(), n, allOrNone, &d)
	return d
}

// TakeAtMost takes what is there, up to n units: Granted says how many, and the
// Decision is a refusal only if there are none.
func (l *Limiter) TakeAtMost(ctx context.Context, key Key, n int) (d Decision) {
	d.taken.tier, d.taken.key = l.tier(), key
	l.decide(ctx, l.now(), n, atMost, &d)
	return d
}

// TakeAt is [Limiter.Take] at a given time: the time since New returned, which
// no change of the wall clock can touch. Time does not run back: one before 0,
// or before another that was decided already, may count as that. It is for
// memory: a Store has a clock of its own.
func (l *Limiter) TakeAt(now time.Duration, key Key, n int) (d Decision) {
	d.taken.tier, d.taken.key = l.tier(), key
	l.decide(context.Background(), now, n, allOrNone, &d)
	return d
}

// Peek is what [Limiter.Take] of one unit would decide now, and takes nothing:
// Remaining still includes the unit it answers for.
func (l *Limiter) Peek(ctx context.Context, key Key) (d Decision) {
	t := l.tier()
	if t == exempt {
		return Decision{Allowed: true, Tier: Exempt}
	}
	s := t.decisive()
	c := call{core: l.core, parent: ctx, now: l.now(), key: key}
	defer c.end()
	count, _, err := c.take(s, 0, allOrNone)
	c.fill(&d, t, s, count, err, 0)
	return d
}

// Refund gives back n of the units that d was granted, at most all of them,
// unless they have left the windows already. Once for each, also after an error,
// which may be about an answer that was lost: a second refund of the same units
// takes away what others of the same key have used.
//
// The error is that of the store, or nil. In memory a unit that was taken while
// more than MaxKeys keys were in use may stay taken.
func (l *Limiter) Refund(ctx context.Context, d Decision, n int) error {
	t := d.taken.tier
	if n = min(n, d.Granted); n < 1 || t == nil || t == exempt {
		return nil
	}
	c := call{core: l.core, parent: ctx, now: l.now(), key: d.taken.key}
	defer c.end()
	err := c.refund(&t.set, d.taken.main, n)
	if t.trial != nil {
		err = errors.Join(err, c.refund(t.trial, d.taken.trial, n))
	}
	return err
}

// Reset forgets key in Config.Limits: it has all of its quotas again. The error
// is that of the store, or nil.
func (l *Limiter) Reset(ctx context.Context, key Key) (err error) {
	t := l.tier()
	c := call{core: l.core, parent: ctx, now: l.now(), key: key}
	defer c.end()
	for _, s := range []*set{&t.set, t.trial} {
		if s == nil {
			continue
		}
		if s.table != nil {
			s.table.reset(c.now, key)
		}
		if s.counter != nil {
			err = errors.Join(err, s.counter.Reset(c.ctx(), key.digest()))
		}
	}
	return err
}

// tier is the one that has no request to choose it.
func (l *Limiter) tier() *tier {
	if l.only != nil {
		return l.only
	}
	return l.base
}

// decisive is the set that a Decision tells of.
func (t *tier) decisive() *set {
	if len(t.limits) == 0 {
		return t.trial
	}
	return &t.set
}

// decide fills d, which is zero but for what the caller knows of the request:
// its tier and key above all. It is the path of every request, and in memory it
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
		d.Err = t.tooDear(n)
	case l.breaker == nil && t.trial == nil: // what is below, without what only a store or a trial needs
		var e entry
		t.table.take(now, d.taken.key, int64(min(n, t.smallest)), m, &e)
		d.taken.main.local, d.taken.main.inLocal = e.Stamp, true
		t.tell(d, &e.Count, n)
	default:
		l.call(ctx, now, n, m, d)
	}
}

func (s *set) tooDear(n int) error {
	return errCost.With(fmt.Errorf("ratelimit: a cost of %d, above the smallest quota of %d", n, s.smallest))
}

// call is decide with a store, or with limits that are tried out.
func (l *core) call(ctx context.Context, now time.Duration, n int, m mode, d *Decision) {
	t := d.taken.tier
	c := call{core: l, parent: ctx, now: now, key: d.taken.key}
	if len(t.limits) > 0 {
		var count Count
		var err error
		count, d.taken.main, err = c.take(&t.set, min(n, t.smallest), m)
		c.fill(d, t, &t.set, count, err, n)
		n = d.Granted
	}
	if t.trial != nil && n > 0 {
		c.try(d, t, n)
	}
	c.end()
}

// try has the limits that are tried out decide what the others have admitted.
// Whatever comes of that, it is admitted.
func (c *call) try(d *Decision, t *tier, n int) {
	var count Count
	var err error
	if n <= t.trial.smallest {
		count, d.taken.trial, err = c.take(t.trial, n, allOrNone)
	} else {
		count.Limit = slices.IndexFunc(t.trial.limits, func(l namedLimit) bool { return l.Quota < n })
	}
	if len(t.limits) == 0 {
		c.fill(d, t, t.trial, count, err, n)
		d.Allowed, d.Granted, d.RetryAfter, d.Err = true, n, 0, nil
	}
	d.Degraded = c.degraded
	if c.counted(err) && count.Granted == 0 {
		d.Shadowed = t.trial.limits[count.Limit].name
	}
}

// fill writes what was decided about n units of s into d; 0 were a look.
func (c *call) fill(d *Decision, t *tier, s *set, count Count, err error, n int) {
	d.taken.tier, d.Tier, d.Degraded, d.Err = t, t.name, c.degraded, err
	if !c.counted(err) {
		c.uncounted(d, err, n)
		return
	}
	s.tell(d, &count, n)
}

// tell writes count, which is about n units of s, into d.
func (s *set) tell(d *Decision, count *Count, n int) {
	limit := &s.limits[count.Limit]
	d.Granted, d.limit = count.Granted, count.Limit
	d.Name, d.Limit, d.Window = limit.name, limit.Quota, limit.Window
	d.Remaining, d.Reset = int(count.Left), count.Wait
	if d.Allowed = count.Granted > 0 || n == 0 && count.Left > 0; !d.Allowed {
		d.RetryAfter, d.Err = count.Wait, limit.refusal
	}
}
