package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// once is a hook of each node of a cluster. The cluster client repeats a command
// after a lost reply, whatever its MaxRetries: redirects and network errors
// share one loop. It does not repeat an error it cannot read, so we make one of
// all that no server has sent. What a server did send (MOVED, ASK, TRYAGAIN,
// CLUSTERDOWN, LOADING, READONLY) says that the command was not run, and is left
// to that loop.
type once struct{}

func (once) DialHook(next redis.DialHook) redis.DialHook { return next }

func (once) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return seal(next(ctx, cmd)) }
}

// ProcessPipelineHook serves the pair of commands that follows an ASK.
func (once) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return seal(next(ctx, cmds)) }
}

// sealed hides err from errors.Is and errors.As, on purpose.
type sealed struct{ err error }

func (s *sealed) Error() string { return "redisstore: " + s.err.Error() }

func seal(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[redis.Error](err); ok {
		return err
	}
	return &sealed{err}
}

func unseal(err error) error {
	if s, ok := errors.AsType[*sealed](err); ok {
		return s.err
	}
	return err
}
