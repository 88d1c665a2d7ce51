package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/internal/breaker"
)

// A call is one decision that may need the store, the memory or both.
type call struct {
	*core
	parent   context.Context
	began    time.Time       // when the budget began; zero until the first query to the store
	deadline time.Time       // when the budget ends
	storeCtx context.Context // parent with that deadline; nil until a store needs it
	cancel   context.CancelFunc
	at       time.Duration // the time of the decision, which TakeAt chooses; core.now is the clock
	key      Key
	degraded bool // a decision was made without the store
	failed   bool // the store has failed in this call, so no time is left for a second query
}

// startBudget starts the budget of this call at its first query to the store. All
// queries of one decision share the budget, so two queries do not wait twice as long.
func (c *call) startBudget() {
	if c.deadline.IsZero() {
		c.began = c.start.Add(c.now()) // by the clock, because the time given to TakeAt may lie far ahead
		c.deadline = c.began.Add(c.budget)
	}
}

// storeContext returns parent with the deadline of the budget. Each call makes a new
// context: a store that keeps a context against its promise must not hold the context
// of a later request.
func (c *call) storeContext() context.Context {
	if c.storeCtx == nil {
		c.startBudget()
		c.storeCtx, c.cancel = context.WithDeadline(c.parent, c.deadline)
	}
	return c.storeCtx
}

// callStore takes n units of s from the store, within the budget.
func (c *call) callStore(s *limitSet, n int, atMost bool) (Count, error) {
	if d, ok := s.counter.(deadlineTaker); ok {
		c.startBudget()
		return d.TakeUntil(c.parent, c.deadline, c.key.digest(), n, atMost)
	}
	return s.counter.Take(c.storeContext(), c.key.digest(), n, atMost)
}

func (c *call) release() {
	if c.cancel != nil {
		c.cancel()
	}
}

// allow returns the state of the breaker for this call. If the store has failed in this
// call already, allow returns Open: a second query would count one failure as two.
func (c *call) allow() breaker.State {
	if c.failed {
		return breaker.Open
	}
	return c.breaker.Allow(c.at)
}

// An outcome is the answer about one limitSet.
type outcome struct {
	Count
	debit debit
	err   error // the error of the store, or the reason why the client no longer waits
}

// take decides how many of n units of s are granted. If hasDecision is false for the
// error of the outcome, neither the store nor the memory has counted anything.
func (c *call) take(s *limitSet, n int, m mode) outcome {
	if s.counter != nil {
		return c.takeFromStore(s, n, m)
	}
	var res takeResult
	s.table.take(c.at, c.key, int64(n), m, &res)
	return outcome{Count: res.Count, debit: debit{local: res.Stamp.At, inLocal: res.Granted > 0}}
}

// takeFromStore lets the store decide. The memory counts the same units, so that it
// can decide when the store fails. The memory takes first, because it can give back
// exactly the units that it took. A refusal by the memory is final only while the key
// is in debt (see debt.go).
func (c *call) takeFromStore(s *limitSet, n int, m mode) outcome {
	state, wanted := c.allow(), n
	res := takeResult{skipsStore: state == breaker.Open}
	if s.table != nil {
		s.table.take(c.at, c.key, int64(n), m, &res)
	}
	local := res.Count
	if state == breaker.Open {
		return c.decideWithoutStore(local, nil)
	}
	if res.inDebt && local.Granted < n {
		if wanted = local.Granted; wanted == 0 {
			c.breaker.Abandon(state, c.at)
			return c.decideWithoutStore(local, nil)
		}
	}
	count, err := c.callStore(s, wanted, m == atMost)
	if err == nil && !count.plausible(s, wanted, m) {
		err = fmt.Errorf("ratelimit: the store decided %+v about %d units", count, wanted)
	}
	if err != nil {
		if clientErr := c.storeFailed(state, err); clientErr != nil { // the client no longer waits for the answer
			c.mirror(s, local, 0)
			return outcome{err: fmt.Errorf("ratelimit: %w", clientErr)}
		}
		if local.Granted > 0 {
			s.table.recordDebt(c.at, c.key, local.Stamp.At)
		}
		return c.decideWithoutStore(local, err)
	}
	if count.Cached { // the store was not asked, so its answer proves nothing
		c.breaker.Abandon(state, c.now())
	} else {
		c.breaker.Success(state)
	}
	out := outcome{Count: count}
	// While the key is in debt, both the store and the memory must admit, and the
	// outcome describes the one with less room. But if the store has refused, its Wait
	// is exact, because the memory had room.
	tighter := local.Left < count.Left || local.Left == count.Left && local.Wait > count.Wait
	if res.inDebt && (count.Granted > 0 || n == 0) && tighter {
		out.Limit, out.Left, out.Wait = local.Limit, local.Left, local.Wait
	}
	if count.Granted > 0 {
		out.debit = debit{shared: count.Stamp, inShared: true}
	}
	out.debit.local, out.debit.inLocal = c.mirror(s, local, count.Granted)
	return out
}

// mirror makes the memory count the units that the store granted. The memory has
// counted local.Granted units so far. stamp is the time at which the memory counts the
// units. counted is false if the memory counts none of them.
func (c *call) mirror(s *limitSet, local Count, granted int) (stamp int64, counted bool) {
	if s.table == nil || local.Granted == 0 && granted == 0 {
		return 0, false
	}
	excess := local.Granted
	if granted <= local.Granted {
		excess -= granted
	}
	if excess > 0 {
		s.table.refund(c.at, c.key, int64(excess), local.Stamp.At)
	}
	if granted > local.Granted {
		var res takeResult
		s.table.take(c.at, c.key, int64(granted), forced, &res)
		return res.Stamp.At, true
	}
	return local.Stamp.At, granted > 0
}

// storeFailed tells the breaker about an error of the store. An error about this key
// alone counts as an answer. clientErr is the error of a client that has left or has no
// more time, and nil for a client that still waits.
func (c *call) storeFailed(s breaker.State, err error) (clientErr error) {
	now := c.now()
	clientErr = c.clientGone(now)
	e, ok := errors.AsType[keyError](err)
	switch {
	case clientErr != nil && !c.storeIsToBlame(clientErr):
		c.breaker.Abandon(s, now)
	case ok && e.OfKey():
		c.breaker.Success(s)
	default:
		c.failed = true
		c.breaker.Failure(s, now, err)
	}
	return clientErr
}

// clientGone returns the error of the parent context at now, or nil. A deadline counts
// as soon as it has passed: the store may read the clock before the timer of the parent
// fires.
func (c *call) clientGone(now time.Duration) error {
	if err := c.parent.Err(); err != nil {
		return err
	}
	if end, ok := c.parent.Deadline(); ok && !c.start.Add(now).Before(end) {
		return context.DeadlineExceeded
	}
	return nil
}

// storeIsToBlame reports whether a client that no longer waits counts as a failure of
// the store. Such a client counts if its deadline left the store at least half of the
// budget. A shorter deadline says nothing about the store, and must not open the
// breaker for all other clients. But if no deadline counted, the breaker would never
// open for a store that hangs while the deadline of all requests is just below the
// budget. clientErr is the error of the client.
func (c *call) storeIsToBlame(clientErr error) bool {
	c.startBudget()
	end, ok := c.parent.Deadline()
	return ok && errors.Is(clientErr, context.DeadlineExceeded) && end.Sub(c.began) >= c.budget/2
}

// refund gives n units of d back to s.
func (c *call) refund(s *limitSet, d debit, n int) error {
	if d.inLocal {
		s.table.refund(c.at, c.key, int64(n), d.local)
	}
	if !d.inShared {
		return nil
	}
	state := c.allow()
	if state == breaker.Open {
		return errBreakerOpen
	}
	err := s.counter.Refund(c.storeContext(), c.key.digest(), n, d.shared)
	if err == nil {
		c.breaker.Success(state)
	} else {
		_ = c.storeFailed(state, err) // err says more than the error of the client
	}
	return err
}

// takeShadow asks the limits with Shadow about the n units that the other limits have
// admitted. The request stays admitted in every case.
func (c *call) takeShadow(d *Decision, t *tier, n int) {
	s := t.shadow
	var out outcome
	if n <= s.smallest {
		out = c.take(s, n, allOrNone)
		d.taken.shadow = out.debit
	} else {
		out.Limit = slices.IndexFunc(s.limits, func(l namedLimit) bool { return l.Quota < n })
	}
	if len(t.limits) == 0 {
		c.fill(d, t, s, out, n)
		d.Allowed, d.Granted, d.RetryAfter, d.Err = true, n, 0, nil
	}
	d.Degraded = c.degraded
	if c.hasDecision(out.err) && out.Granted == 0 {
		d.Shadowed = s.limits[out.Limit].name
	}
}

// fill writes the outcome for n units of s into d. n is 0 for Peek.
func (c *call) fill(d *Decision, t *tier, s *limitSet, out outcome, n int) {
	d.taken.tier, d.Tier, d.Degraded, d.Err = t, t.name, c.degraded, out.err
	if !c.hasDecision(out.err) {
		c.decideUncounted(d, out.err, n)
		return
	}
	s.describe(d, &out.Count, n)
}
