package redisstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

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
	args := make([]any, 0, 17)
	args = append(args, "evalsha", l.sha, 1, l.name(&s.account), s.op, s.pair[:pairSize])
	args = append(args, l.policyArgs(&s.policy)...)
	args = append(args, s.number, s.about, s.token)
	cmd, err := l.send(bounded, args)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		args[0], args[1] = "eval", l.script.source
		cmd, err = l.send(bounded, args)
	}
	if bounded.end() {
		deadlines.Put(bounded)
	}
	l.store.client.warmer.after(err, 1)
	if err != nil {
		return lockout.State{}, wrap(err)
	}
	return stateOf(cmd.Val())
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

func (l *logins) send(ctx context.Context, args []any) (*redis.IntSliceCmd, error) {
	cmd := redis.NewIntSliceCmd(ctx, args...)
	cmd.SetFirstKeyPos(3)
	return cmd, l.store.client.Process(ctx, cmd)
}

func stateOf(r []int64) (lockout.State, error) {
	const all = bitAllowed | bitKnown | bitLocked
	switch {
	case len(r) == 4 && r[0] == -1:
		return lockout.State{}, &Error{Kind: Corrupt, Err: errCorrupt}
	case len(r) != 4 || r[0]&^all != 0 || r[1] < 0 || r[2] < 0 || r[3] < 0:
		return lockout.State{}, &Error{Kind: Unexpected, Err: fmt.Errorf("%w: %d", errReply, r)}
	}
	return lockout.State{
		Allowed: r[0]&bitAllowed != 0, Known: r[0]&bitKnown != 0, Locked: r[0]&bitLocked != 0,
		Failures: int(r[1]), Wait: time.Duration(r[2]) * time.Microsecond, Stamp: r[3],
	}, nil
}
