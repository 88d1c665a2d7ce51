package redisconn

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// go-redis runs the hooks in the options of a client in the goroutine of the call that
// needs a connection, for as long as they like: a decision would take as long,
// whatever its budget. So a hook runs in a goroutine of its own, of which there are
// few however long it hangs, and a call that has no more time leaves it there.

// hooksAtOnce is how many OnConnect of one client run at a time.
const hooksAtOnce = 16

// onConnect returns f within the time of its context, and of ioTimeout.
func onConnect(f func(context.Context, *redis.Conn) error) func(context.Context, *redis.Conn) error {
	if f == nil {
		return nil
	}
	room := make(chan struct{}, hooksAtOnce)
	return func(ctx context.Context, conn *redis.Conn) error {
		// A hook that is left behind must not see the context of the next call.
		ctx, cancel := context.WithTimeout(ctx, ioTimeout)
		defer cancel()
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		done := make(chan error, 1)
		go func() {
			defer func() { <-room }()
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
