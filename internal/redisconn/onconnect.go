package redisconn

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// go-redis runs the hooks in the options of a client in the goroutine of the call that
// needs a connection, for as long as the hooks take. A decision would take as long,
// whatever its budget. So each hook runs in a goroutine of its own, and a call that has
// no more time leaves it there. The number of these goroutines is bounded, however long
// the hooks hang.

// hooksAtOnce is the number of OnConnect hooks of one client that run at a time.
const hooksAtOnce = 16

// onConnect returns a hook that runs f and returns within the time of its context, and
// within ioTimeout.
func onConnect(f func(context.Context, *redis.Conn) error) func(context.Context, *redis.Conn) error {
	if f == nil {
		return nil
	}
	slots := make(chan struct{}, hooksAtOnce)
	return func(ctx context.Context, conn *redis.Conn) error {
		// A hook that is left behind must not see the context of the next call.
		ctx, cancel := context.WithTimeout(ctx, ioTimeout)
		defer cancel()
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		done := make(chan error, 1)
		go func() {
			defer func() { <-slots }()
			done <- Recovered(func() error { return f(ctx, conn) })
		}()
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
