package redisstore

import (
	"context"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A step is one call of the script, as it is told.
type step struct {
	op      any // a string; as a constant it is boxed for nothing
	account [16]byte
	pair    [16]byte
	policy  lockout.Policy
	number  int64 // a stamp, or microseconds
	about   int64
	token   []byte
}

// pairSize is how much of the hash of a pair is stored. That two of the few of
// one account share it, nobody can aim at without Config.Secret.
const pairSize = 8

// ask runs one step. It sends it once, and a second time only to a server that
// says it has not run it.
func (l *logins) ask(ctx context.Context, s step) (lockout.State, error) {
	if err := ctx.Err(); err != nil {
		return lockout.State{}, wrap(err)
	}
	// While a call is on its way, go-redis looks at the deadline and not at whether
	// ctx was cancelled: one that can be used again does as well.
	now := time.Now()
	bounded := deadlines.Get().(*callCtx)
	bounded.begin(now, l.store.deadline(ctx, now))
	call := redisscript.NewCall(lockoutInts)
	call.Begin(l.script, 1)
	call.Append(l.name(&s.account), s.op, s.pair[:pairSize])
	call.Append(l.policyArgs(&s.policy)...)
	call.Append(s.number, s.about, s.token)
	reply, err := call.Do(bounded, l.store.client)
	if bounded.end() {
		deadlines.Put(bounded)
	}
	l.store.prewarmAfter(err, 1)
	if err != nil {
		return lockout.State{}, wrap(err)
	}
	return loginState(reply)
}

var deadlines = sync.Pool{New: func() any { return newCallCtx() }}

// A boxed policy is one as the script is told it. A Guard has one for all its
// calls, so the last is mostly the next.
type boxed struct {
	policy lockout.Policy
	args   []any
}

var noPolicy = []any{0, 0, 0, 0, 0, 0, 0, 0}

func (l *logins) policyArgs(p *lockout.Policy) []any {
	if *p == (lockout.Policy{}) {
		return noPolicy
	}
	if b := l.last.Load(); b != nil && b.policy == *p {
		return b.args
	}
	// Redis cuts its time to whole microseconds. Of two guesses that it sees
	// exactly a window apart the true distance may be almost one less.
	window := micros(p.Window) + 1
	b := &boxed{*p, []any{
		p.PerAddress, p.PerAccount, p.DelayAfter, micros(p.FirstDelay), micros(p.MaxDelay), window, micros(p.KnownFor), p.MaxKnown,
	}}
	l.last.Store(b)
	return b.args
}
