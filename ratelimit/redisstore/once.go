package redisstore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// once is a hook of each node of a cluster. The cluster client repeats a command
// after a lost reply, whatever its MaxRetries: redirects and network errors
// share one loop. It does not repeat an error it cannot read, so we make one of
// all that no server has sent. What a server did send (MOVED, ASK, READONLY) says
// that the command was not run, and is left to that loop, but for TRYAGAIN, to which
// there is a better answer than to try again.
//
// A node that does not answer may have been replaced. The loop would have found
// that out by asking another one; instead the hook has the slots read again, in
// the background and at most a few times a second.
type once struct {
	reload func()
	each   func() // before each command, if not nil
}

func (once) DialHook(next redis.DialHook) redis.DialHook { return next }

func (o once) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	if o.each == nil {
		return func(ctx context.Context, cmd redis.Cmder) error { return o.seal(next(ctx, cmd)) }
	}
	return func(ctx context.Context, cmd redis.Cmder) error {
		o.each()
		return o.seal(next(ctx, cmd))
	}
}

// seldom returns f, of which it drops all but one call in lookEvery.
func seldom(f func()) func() {
	var next atomic.Int64
	return func() {
		now, at := time.Now().UnixNano(), next.Load()
		if now >= at && next.CompareAndSwap(at, now+int64(lookEvery)) {
			f()
		}
	}
}

// ProcessPipelineHook serves the pair of commands that follows an ASK.
func (o once) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return o.seal(next(ctx, cmds)) }
}

// sealed hides err from errors.Is and errors.As, on purpose.
type sealed struct{ err error }

func (s *sealed) Error() string { return "redisstore: " + s.err.Error() }

func (o once) seal(err error) error {
	if err == nil {
		return nil
	}
	if redis.IsTryAgainError(err) {
		return &sealed{err} // see splitOnTryAgain
	}
	if _, ok := errors.AsType[redis.Error](err); ok {
		return err
	}
	if !errors.Is(err, context.Canceled) {
		o.reload()
	}
	return &sealed{err}
}

// unseal also opens what was sealed twice: a node may get the hook again when
// the slots are read.
func unseal(err error) error {
	for {
		s, ok := errors.AsType[*sealed](err)
		if !ok {
			return err
		}
		err = s.err
	}
}
