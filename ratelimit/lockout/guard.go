package lockout

import (
	"context"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A Guard is made by [New] and may be used by several goroutines. It starts none
// and needs no closing.
type Guard struct {
	policy         Policy
	store          Store
	digest         *digester
	budget         time.Duration // 0: the store is memory and cannot be late
	tokenFor       time.Duration
	challengeAfter int
	observe        func(context.Context, Decision)
	onThreshold    func(context.Context, Decision)
}

// A Decision says how a login stands. None of it is for the client, but that a
// Challenge may be asked of it.
type Decision struct {
	Allowed bool

	// Known: the owner has logged in from the address before. What others fail
	// elsewhere does not count there.
	Known bool

	// Challenge: there were Config.ChallengeAfter failures. Ask for a CAPTCHA
	// before the password is tried, and Cancel the attempt if it is not solved.
	Challenge bool

	// Locked: of a refusal, that it is a lockout and not a delay; of a failure,
	// that it began one. Then is the time to write to the owner.
	Locked bool

	// Failures is what is counted, attempts under way included: from the address
	// if it is Known, else of the account. After a failure it has no attempts
	// under way in it, and is 0 if the failure came too late to count.
	Failures int

	// RetryAfter is the time until the next attempt from the address can be
	// admitted: exact, never too early, and 0 if that is now. Of attempts under
	// way it supposes that they fail.
	RetryAfter time.Duration

	// Account is the keyed hash of the account, by which a log can tell accounts
	// apart without naming them.
	Account [16]byte
}

// An Attempt is one guess that was admitted. It is counted as a failure until
// Success or Cancel, so that of a thousand guesses at a time no more pass than of
// a thousand in a row, and one that is never settled has failed. The first of
// Success, Failure and Cancel counts, and others do nothing.
//
// Defer Failure right after Begin: then no way out of the handler leaves it open.
// A guess that nobody settles counts, but the lockout it leads to is told to
// nobody, and a client could see to that by hanging up.
//
// They end their work even if ctx has ended: a client that hangs up must not
// change what its login comes to.
type Attempt struct {
	Decision Decision // of Begin

	guard   *Guard
	key     Key
	begun   State
	settled atomic.Bool
}

// Begin admits one guess at the password of account from addr, or refuses it at
// once with [ErrDelayed]: call it before the password is hashed, and for an
// account that does not exist just the same. The error carries Retry-After in
// whole seconds, rounded up. It is [ErrUnavailable] if the Store does not answer.
//
// account is whatever all spellings of one login come to: fold case, trim, and
// normalise as your lookup does, or each spelling has guesses of its own. addr is
// that of the client, such as clientip found; those that are invalid are counted
// as one that never becomes known. ctx is that of the request: what happens is
// noted in its record.
func (g *Guard) Begin(ctx context.Context, account string, addr netip.Addr) (*Attempt, error) {
	key := g.keyOf(account, addr)
	var st State
	err := g.callStore(ctx, func(ctx context.Context) (err error) {
		st, err = g.store.Begin(ctx, key, g.policy)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := Decision{
		Allowed: st.Allowed, Known: st.Known, Locked: st.Locked, Failures: st.Failures, Account: key.Account,
		Challenge: g.challengeAfter > 0 && st.Failures >= g.challengeAfter,
	}
	if !st.Allowed {
		d.RetryAfter = st.Wait
	}
	if g.observe != nil {
		g.observe(ctx, d)
	}
	if st.Allowed {
		return &Attempt{Decision: d, guard: g, key: key, begun: st}, nil
	}
	addEvent(ctx, carrier.Lockout)
	cause := errDelay
	if st.Locked {
		cause = errLocked
	}
	return nil, ErrDelayed.With(cause).WithHeader("Retry-After", strconv.FormatInt(field.Seconds(st.Wait), 10))
}

func (g *Guard) keyOf(account string, addr netip.Addr) Key {
	id := g.digest.hashAccount(account)
	return Key{Account: id, Pair: g.digest.hashPair(id, addr), NoAddress: !addr.IsValid()}
}

// Success says that the password was right and whoever gave it is logged in: if
// there is a second factor, after that. It forgets the failures from this
// address, and no others, and makes the address known. An error is
// [ErrUnavailable]: the attempt then still counts as a failure, which is no
// reason not to log in.
func (a *Attempt) Success(ctx context.Context) error {
	_, err := a.settle(ctx, Succeeded)
	return err
}

// Cancel says that no password was tried, because a CAPTCHA was not solved or
// the database did not answer. The attempt is given back. Errors are as for
// Success.
func (a *Attempt) Cancel(ctx context.Context) error {
	_, err := a.settle(ctx, Cancelled)
	return err
}

// Failure says that the account or the password was wrong. The Decision tells
// whether that began a lockout. An error is [ErrUnavailable]; the attempt was
// counted by Begin and stays counted.
func (a *Attempt) Failure(ctx context.Context) (Decision, error) {
	st, err := a.settle(ctx, Failed)
	if err != nil {
		return Decision{}, err
	}
	g := a.guard
	d := Decision{
		Known: st.Known, Locked: st.Locked, Failures: st.Failures, RetryAfter: max(0, st.Wait), Account: a.key.Account,
		Challenge: g.challengeAfter > 0 && st.Failures >= g.challengeAfter,
	}
	if st.Locked {
		addEvent(ctx, carrier.Lockout)
	}
	if g.onThreshold != nil && (st.Locked || d.Challenge && st.Failures == g.challengeAfter) {
		g.onThreshold(ctx, d)
	}
	return d, nil
}

func (a *Attempt) settle(ctx context.Context, outcome Outcome) (st State, err error) {
	if a.settled.Swap(true) {
		return State{}, nil
	}
	g := a.guard
	if g.budget > 0 {
		ctx = context.WithoutCancel(ctx)
	}
	err = g.callStore(ctx, func(ctx context.Context) (err error) {
		st, err = g.store.Settle(ctx, a.key, a.begun, outcome, g.policy)
		return err
	})
	return st, err
}

// ask calls the store within the budget.
func (g *Guard) callStore(ctx context.Context, call func(context.Context) error) error {
	bounded := ctx
	if g.budget > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, g.budget)
		defer cancel()
	}
	err := call(bounded)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil { // else it was the client that left
		addEvent(ctx, carrier.StoreDegraded)
	}
	return ErrUnavailable.With(err)
}

// note puts an event into the record of the request, if there is one.
func addEvent(ctx context.Context, e carrier.Events) {
	if rec := carrier.From(ctx); rec != nil {
		rec.Update(func(f *carrier.Facts) { f.Events |= e })
	}
}
