package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A call is one decision on its way through the memory and the store.
type call struct {
	*core
	parent   context.Context
	bounded  context.Context // parent, within the budget; nil until it is needed
	cancel   context.CancelFunc
	now      time.Duration
	key      Key
	degraded bool // the store has failed, in this call or before
}

var errGivenUp = errors.New("ratelimit: the store failed repeatedly and is left alone")

// ctx is the one context of all that a decision asks of the store, so that two
// questions do not wait twice as long.
func (c *call) ctx() context.Context {
	if c.bounded == nil {
		c.bounded, c.cancel = c.guard.bounded(c.parent)
	}
	return c.bounded
}

func (c *call) end() {
	if c.cancel != nil {
		c.cancel()
	}
}

// take decides n units of s, unless counted says that nobody has. err is what
// the store said, or the parent if the client has gone.
func (c *call) take(s *set, n int, m mode) (count Count, d debit, err error) {
	if s.counter != nil {
		return c.share(s, n, m)
	}
	count = s.table.take(c.now, c.key, int64(n), m)
	return count, debit{local: count.Stamp, inLocal: true}, nil
}

// share has the store decide and the memory count along, so that it knows what
// to do when the store fails. As long as the memory holds what the store does
// not know of, it is asked first: it can give back exactly what it took.
func (c *call) share(s *set, n int, m mode) (count Count, d debit, err error) {
	g := c.guard
	p := g.enter(int64(c.now))
	if p == stay {
		return c.alone(s, n, m, nil)
	}
	ask, strict := n, s.table != nil && n > 0 && int64(c.now) < g.strict.Load()
	var local Count
	if strict {
		if local = s.table.take(c.now, c.key, int64(n), m); local.Granted == 0 {
			g.abandoned(p, int64(c.now))
			return local, d, nil
		}
		ask = local.Granted
	}
	count, err = s.counter.Take(c.ctx(), c.key.digest(), ask, m == atMost)
	if err == nil && !count.sane(s, ask, m) {
		err = fmt.Errorf("ratelimit: the store decided %+v about %d units", count, ask)
	}
	if err != nil {
		if strict {
			s.table.refund(c.now, c.key, int64(local.Granted), local.Stamp)
		}
		if c.failed(p, err) {
			return c.alone(s, n, m, err)
		}
		return Count{}, d, fmt.Errorf("ratelimit: %w", c.parent.Err())
	}
	g.succeeded(p)
	switch {
	case strict:
		if excess := local.Granted - count.Granted; excess > 0 {
			s.table.refund(c.now, c.key, int64(excess), local.Stamp)
		}
		if count.Granted > 0 && local.Left < count.Left {
			count.Limit, count.Left, count.Wait = local.Limit, local.Left, local.Wait
		}
	case s.table != nil && count.Granted > 0:
		local = s.table.take(c.now, c.key, int64(count.Granted), forced)
	}
	if count.Granted > 0 {
		d = debit{local: local.Stamp, shared: count.Stamp, inLocal: s.table != nil, inShared: true}
	}
	return count, d, nil
}

// sane reports whether a store may have decided so. What it says is worked with,
// and a store is another program.
func (n Count) sane(s *set, asked int, m mode) bool {
	whole := n.Granted == 0 || n.Granted == asked || m == atMost && 0 < n.Granted && n.Granted < asked
	return whole && 0 <= n.Limit && n.Limit < len(s.limits) && 0 <= n.Left && n.Left <= maxQuota && n.Wait >= 0
}

// failed tells the guard that the store did not answer. It is false if that is
// the client's doing, who has left or had no more time.
func (c *call) failed(p pass, err error) bool {
	now := int64(c.core.now())
	if c.parent.Err() != nil {
		c.guard.abandoned(p, now)
		return false
	}
	c.guard.failed(p, now, err)
	return true
}

// alone decides without the store, which said why or is left alone.
func (c *call) alone(s *set, n int, m mode, why error) (count Count, d debit, err error) {
	c.degraded = true
	if c.guard.policy != FailLocal {
		return Count{}, d, why
	}
	count = s.table.take(c.now, c.key, int64(n), m)
	if count.Granted > 0 {
		c.guard.owe(int64(c.now), s.table.hold)
		d = debit{local: count.Stamp, inLocal: true}
	}
	return count, d, why
}

// counted reports whether take has decided anything.
func (c *call) counted(err error) bool {
	if c.degraded {
		return c.guard.policy == FailLocal
	}
	return err == nil
}

// uncounted fills d where nobody has counted n units.
func (c *call) uncounted(d *Decision, err error, n int) {
	switch {
	case !c.degraded: // the client has gone, and no policy lets it in for that
	case c.guard.policy == FailOpen:
		d.Allowed, d.Granted = true, n
	default:
		d.RetryAfter = c.guard.retryAfter(int64(c.core.now()))
		if d.Err = errLeftAlone; err != nil {
			d.Err = ErrUnavailable.With(err)
		}
	}
}

var errLeftAlone = ErrUnavailable.With(errGivenUp)

// refund gives n units of d back to s.
func (c *call) refund(s *set, d debit, n int) error {
	if d.inLocal {
		s.table.refund(c.now, c.key, int64(n), d.local)
	}
	if !d.inShared {
		return nil
	}
	p := c.guard.enter(int64(c.now))
	if p == stay {
		return errGivenUp
	}
	err := s.counter.Refund(c.ctx(), c.key.digest(), n, d.shared)
	if err == nil {
		c.guard.succeeded(p)
	} else {
		c.failed(p, err)
	}
	return err
}
