package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
)

// A call is one decision on its way through the memory and the store.
type call struct {
	*core
	parent   context.Context
	began    time.Time       // when the budget began; zero until it is needed
	deadline time.Time       // when it ends
	bounded  context.Context // parent with that deadline; nil until it is needed
	cancel   context.CancelFunc
	now      time.Duration
	key      Key
	degraded bool // the store has failed, in this call or before
	spent    bool // in this call, which has no time left to ask it again
}

var errGivenUp = errors.New("ratelimit: the store failed repeatedly and is left alone")

// startBudget starts the budget of this call at its first question to the store.
// All questions of one decision share it, so that two do not wait twice as long.
func (c *call) startBudget() {
	if c.deadline.IsZero() {
		c.began = c.start.Add(c.core.now()) // by the clock: the time that TakeAt was given is no time to wait until
		c.deadline = c.began.Add(c.budget)
	}
}

// ctx is parent with the deadline of the budget. It is made for each call anew: a store that
// keeps it against its promise must not hold what is somebody else's by then.
func (c *call) ctx() context.Context {
	if c.bounded == nil {
		c.startBudget()
		c.bounded, c.cancel = context.WithDeadline(c.parent, c.deadline)
	}
	return c.bounded
}

// A deadlineTaker is a [Counter] that needs no context of its own to be back in
// time: TakeUntil is Take, and returns by deadline as well. A context that ends by
// itself costs three allocations and a timer for each decision; a deadline that is
// a value costs neither.
type deadlineTaker interface {
	TakeUntil(ctx context.Context, deadline time.Time, key [16]byte, n int, atMost bool) (Count, error)
}

func (c *call) ask(s *set, n int, atMost bool) (Count, error) {
	if d, ok := s.counter.(deadlineTaker); ok {
		c.startBudget()
		return d.TakeUntil(c.parent, c.deadline, c.key.digest(), n, atMost)
	}
	return s.counter.Take(c.ctx(), c.key.digest(), n, atMost)
}

func (c *call) end() {
	if c.cancel != nil {
		c.cancel()
	}
}

// enter is the leave to ask the store. A call in which it has failed does not ask
// again: that would count one failure as two.
func (c *call) enter() breaker.State {
	if c.spent {
		return breaker.Open
	}
	return c.breaker.Allow(c.now)
}

// take decides n units of s, unless counted says that nobody has. err is what
// the store said, or the parent if the client has gone.
func (c *call) take(s *set, n int, m mode) (count Count, d debit, err error) {
	if s.counter != nil {
		return c.share(s, n, m)
	}
	var e entry
	s.table.take(c.now, c.key, int64(n), m, &e)
	return e.Count, debit{local: e.Stamp, inLocal: e.Granted > 0}, nil
}

// share has the store decide, and the memory count along so that it knows what
// to do when the store fails: it takes first, for it can give back exactly that.
// Where it has no room it matters only as long as it holds what the store does
// not know of.
func (c *call) share(s *set, n int, m mode) (count Count, d debit, err error) {
	ask, state := n, c.enter()
	e := entry{withoutStore: state == breaker.Open}
	if s.table != nil {
		s.table.take(c.now, c.key, int64(n), m, &e)
	}
	local := e.Count
	if state == breaker.Open {
		return c.alone(local, nil)
	}
	if e.inDebt && local.Granted < n {
		if ask = local.Granted; ask == 0 {
			c.breaker.Abandon(state, c.now)
			return c.alone(local, nil)
		}
	}
	count, err = c.ask(s, ask, m == atMost)
	if err == nil && !count.sane(s, ask, m) {
		err = fmt.Errorf("ratelimit: the store decided %+v about %d units", count, ask)
	}
	if err != nil {
		if gone := c.failed(state, err); gone != nil { // nobody waits for the answer
			c.warm(s, local, 0)
			return Count{}, d, fmt.Errorf("ratelimit: %w", gone)
		}
		if local.Granted > 0 {
			s.table.recordDebt(c.now, c.key, local.Stamp)
		}
		return c.alone(local, err)
	}
	c.answered(state, count.Cached)
	// Where the store has refused, its wait is the truth: the memory had room.
	if e.inDebt && (count.Granted > 0 || n == 0) && (local.Left < count.Left || local.Left == count.Left && local.Wait > count.Wait) {
		count.Limit, count.Left, count.Wait = local.Limit, local.Left, local.Wait
	}
	if count.Granted > 0 {
		d = debit{shared: count.Stamp, inShared: true}
	}
	d.local, d.inLocal = c.warm(s, local, count.Granted)
	return count, d, nil
}

// warm has the memory, which has granted local, count what the store did.
func (c *call) warm(s *set, local Count, granted int) (stamp int64, counted bool) {
	if s.table == nil || local.Granted == 0 && granted == 0 {
		return 0, false
	}
	excess := local.Granted
	if granted <= local.Granted {
		excess -= granted
	}
	if excess > 0 {
		s.table.refund(c.now, c.key, int64(excess), local.Stamp)
	}
	if granted > local.Granted {
		var e entry
		s.table.take(c.now, c.key, int64(granted), forced, &e)
		return e.Stamp, true
	}
	return local.Stamp, granted > 0
}

// maxWait is the longest Wait that is believed. A clock that was set back makes
// waits longer than any window; past this it is nonsense, and overflows soon.
const maxWait = 100 * 365 * 24 * time.Hour

// sane reports whether a store may have decided so. What it says is worked with,
// and a store is another program.
func (n Count) sane(s *set, asked int, m mode) bool {
	whole := n.Granted == 0 || n.Granted == asked || m == atMost && 0 < n.Granted && n.Granted < asked
	least := time.Duration(0)
	if n.Granted == 0 && (asked > 0 || n.Left == 0) {
		least = 1 // a refusal says when to come back
	}
	return whole && 0 <= n.Limit && n.Limit < len(s.limits) && 0 <= n.Left && n.Left <= maxQuota && least <= n.Wait && n.Wait <= maxWait
}

// answered tells the breaker that the store did, or that nobody has asked it.
func (c *call) answered(s breaker.State, cached bool) {
	if cached {
		c.breaker.Abandon(s, c.core.now())
		return
	}
	c.breaker.Success(s)
}

// failed tells the breaker that the store did not answer, or answered that it has
// nothing of use about this key. It returns what the client is told if it has
// left or has no more time, and nil for one that still waits.
func (c *call) failed(s breaker.State, err error) (gone error) {
	now := c.core.now()
	gone = c.gone(now)
	e, ok := errors.AsType[keyError](err)
	switch {
	case gone != nil && !c.patient(gone):
		c.breaker.Abandon(s, now)
	case ok && e.OfKey():
		c.breaker.Success(s)
	default:
		c.spent = true
		c.breaker.Failure(s, now, err)
	}
	return gone
}

// gone is the error of the parent at now, or nil. Its deadline ends it by itself:
// a store may look at the clock before the timer of the parent has run.
func (c *call) gone(now time.Duration) error {
	if err := c.parent.Err(); err != nil {
		return err
	}
	if end, ok := c.parent.Deadline(); ok && !c.start.Add(now).Before(end) {
		return context.DeadlineExceeded
	}
	return nil
}

// patient reports whether the client, for whom gone says why it waits no longer,
// has left the store enough of the budget to be blamed for the rest. A deadline
// that is shorter says nothing about the store, and must not take it from
// everybody; but if none counted, a store that hangs would never be given up where
// all requests have a deadline a little below the budget.
func (c *call) patient(gone error) bool {
	c.startBudget()
	end, ok := c.parent.Deadline()
	return ok && errors.Is(gone, context.DeadlineExceeded) && end.Sub(c.began) >= c.budget/2
}

// alone decides without the store, which said why or is left alone: what the
// memory did, which has granted local, or nothing without one.
func (c *call) alone(local Count, why error) (Count, debit, error) {
	c.degraded = true
	return local, debit{local: local.Stamp, inLocal: local.Granted > 0}, why
}

// counted reports whether take has decided anything.
func (c *call) counted(err error) bool {
	if c.degraded {
		return c.policy == FailLocal
	}
	return err == nil
}

// uncounted fills d where nobody has counted n units.
func (c *call) uncounted(d *Decision, err error, n int) {
	switch {
	case !c.degraded: // the client has gone, and no policy lets it in for that
	case c.policy == FailOpen:
		d.Allowed, d.Granted = true, n
	default:
		d.RetryAfter = c.retryAfter()
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
	state := c.enter()
	if state == breaker.Open {
		return errGivenUp
	}
	err := s.counter.Refund(c.ctx(), c.key.digest(), n, d.shared)
	if err == nil {
		c.answered(state, false)
	} else {
		_ = c.failed(state, err) // err says more
	}
	return err
}
