package redisconn

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// noRetry is a hook of each node of a cluster. The cluster client repeats a command
// after a lost reply, whatever its MaxRetries, because redirects and network errors
// share one loop. The loop does not repeat an error that it does not recognize, so the
// hook hides each error that no server has sent. An error that a server did send
// (MOVED, ASK, READONLY) says that the command did not run, and the hook leaves it to
// the loop. TRYAGAIN is the exception: the caller has a better answer to it than to try
// again.
//
// A node that does not answer may have been replaced. The loop would have found that
// out by asking another node. Instead the hook has the slots read again, in the
// background and at most a few times a second.
type noRetry struct {
	reload     func()
	beforeEach func() // called before each command, if not nil
}

func (noRetry) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h noRetry) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if h.beforeEach != nil {
			h.beforeEach()
		}
		return h.hide(next(ctx, cmd))
	}
}

// throttled returns a function that calls f at most once per checkEvery.
func throttled(f func()) func() {
	var next atomic.Int64
	return func() {
		now, at := time.Now().UnixNano(), next.Load()
		if now >= at && next.CompareAndSwap(at, now+int64(checkEvery)) {
			f()
		}
	}
}

// ProcessPipelineHook handles the pair of commands that follows an ASK.
func (h noRetry) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return h.hide(next(ctx, cmds)) }
}

// A hiddenError intentionally hides err from errors.Is and errors.As.
type hiddenError struct{ err error }

func (s *hiddenError) Error() string { return "redisstore: " + s.err.Error() }

func (h noRetry) hide(err error) error {
	if err == nil {
		return nil
	}
	if redis.IsTryAgainError(err) {
		return &hiddenError{err} // the caller sends each key alone
	}
	if _, ok := errors.AsType[redis.Error](err); ok {
		return err
	}
	if !errors.Is(err, context.Canceled) {
		h.reload()
	}
	return &hiddenError{err}
}

// unhide returns the error that the hook hid in err, or else err. An error may be
// hidden twice, because a node may get the hook again when the slots are read.
func unhide(err error) error {
	for {
		s, ok := errors.AsType[*hiddenError](err)
		if !ok {
			return err
		}
		err = s.err
	}
}
