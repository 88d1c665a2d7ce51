package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// A step is one call of the script, as it is told.
type step struct {
	op      string
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
	ctx, cancel := context.WithDeadline(ctx, l.store.deadline(ctx, time.Now()))
	defer cancel()
	p := &s.policy
	window := int64(0)
	if p.Window > 0 {
		// Redis cuts its time to whole microseconds. Of two guesses that it sees
		// exactly a window apart the true distance may be almost one less.
		window = micros(p.Window) + 1
	}
	args := []any{
		"evalsha", l.script.sha, 1, l.name(&s.account), s.op, s.pair[:pairSize],
		p.PerAddress, p.PerAccount, p.DelayAfter, micros(p.FirstDelay), micros(p.MaxDelay), window, micros(p.KnownFor), p.MaxKnown,
		s.number, s.about, s.token,
	}
	cmd, err := l.send(ctx, args)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		args[0], args[1] = "eval", l.script.source
		cmd, err = l.send(ctx, args)
	}
	if err != nil {
		return lockout.State{}, wrap(err)
	}
	return stateOf(cmd.Val())
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

// micros rounds up.
func micros(d time.Duration) int64 { return (int64(d) + 999) / 1000 }
