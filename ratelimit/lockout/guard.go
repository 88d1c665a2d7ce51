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

// A Guard is made by [New] and may be used by several goroutines. It starts no
// goroutine and needs no closing.
type Guard struct {
	policy         Policy
	store          Store
	digest         *digester
	budget         time.Duration // 0: the store is memory and never waits
	tokenFor       time.Duration
	challengeAfter int
	observe        func(context.Context, Decision)
	onThreshold    func(context.Context, Decision)
}

// A Decision describes the state of a login. It is for the service and not for the
// client, except that the service may answer with a Challenge.
type Decision struct {
	Allowed bool

	// Known reports that the owner has logged in from the address before. Failures from
	// other addresses do not count there.
	Known bool

	// Challenge reports that there were Config.ChallengeAfter failures. Ask for a
	// CAPTCHA before the password is tried, and Cancel the attempt if it is not solved.
	Challenge bool

	// Locked reports, for a refusal, that it is a lockout and not a delay; for a
	// failure, that it began a lockout. Then is the time to write to the owner.
	Locked bool

	// Failures is the number of failures, of the address if it is Known and otherwise
	// of the account. In the Decision of Begin it includes running attempts. In the
	// Decision of a failure it does not, and it is 0 if the failure came too late to
	// count.
	Failures int

	// RetryAfter is the time until the next attempt from the address can be admitted.
	// It is exact, never too early, and 0 if that is now. It assumes that running
	// attempts fail.
	RetryAfter time.Duration

	// Account is the keyed hash of the account. With it a log can tell accounts apart
	// without naming them.
	Account [16]byte
}

// An Attempt is one guess that was admitted. It counts as a failure until Success or
// Cancel, so that of a thousand guesses at a time no more pass than of a thousand in a
// row. An attempt without an outcome has failed. The first of Success, Failure and
// Cancel counts, and later calls do nothing.
//
// Defer Failure right after Begin, so that every way out of the handler ends the
// attempt. An attempt without a call counts as well, but OnThreshold does not report
// the lockout that it may begin, and a client could cause that by hanging up.
//
// Success, Failure and Cancel complete even if ctx has ended: a client that hangs up
// must not change the outcome of its login.
type Attempt struct {
	Decision Decision // returned by Begin

	guard   *Guard
	key     Key
	begun   State
	settled atomic.Bool
}

// Begin admits one guess at the password of account from addr, or refuses it at once
// with [ErrDelayed]. Call it before the password is hashed, for accounts that exist and
// for accounts that do not. The error carries Retry-After in whole seconds, rounded up.
// It is [ErrUnavailable] if the Store does not answer.
//
// account must be the same for all spellings of one login: fold case, trim, and
// normalise as your lookup does, or each spelling has guesses of its own. addr is the
// address of the client, for example from clientip. All invalid addresses count as one
// address, which never becomes known. ctx is the context of the request: Begin adds its
// events to the record of the request.
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

// Success reports that the password was right and the client is logged in. With a
// second factor, call it after that. Success forgets the failures from this address
// only, and makes the address known. An error is [ErrUnavailable]: the attempt then
// still counts as a failure, but that is no reason to refuse the login.
func (a *Attempt) Success(ctx context.Context) error {
	_, err := a.settle(ctx, Succeeded)
	return err
}

// Cancel reports that no password was tried, because a CAPTCHA was not solved or the
// database did not answer. The attempt is given back. The errors are the same as for
// Success.
func (a *Attempt) Cancel(ctx context.Context) error {
	_, err := a.settle(ctx, Cancelled)
	return err
}

// Failure reports that the account or the password was wrong. The Decision says whether
// that began a lockout. An error is [ErrUnavailable]: Begin has counted the attempt,
// and it stays counted.
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

// callStore calls the store within the budget.
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
	if ctx.Err() == nil { // otherwise the client has left
		addEvent(ctx, carrier.StoreDegraded)
	}
	return ErrUnavailable.With(err)
}

// addEvent adds an event to the record of the request, if there is a record.
func addEvent(ctx context.Context, e carrier.Events) {
	if rec := carrier.From(ctx); rec != nil {
		rec.Update(func(f *carrier.Facts) { f.Events |= e })
	}
}
