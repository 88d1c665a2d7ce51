package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// go-redis runs what the options of a client bring with them in the goroutine of
// whoever needs a connection, for as long as it likes: a decision would take as
// long, whatever its budget. So it runs in goroutines of its own, of which there
// are few however long it hangs, and whoever has no more time leaves it there.
//
// What panics there would end the process, and becomes an error instead.

// hooksAtOnce is how many OnConnect of one client run at a time.
const hooksAtOnce = 16

var errPanicked = errors.New("panic in an option of the client")

// recovered runs f and makes an error of its panic.
func recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return f()
}

// onConnect is f within the time of its context, and of ioTimeout.
func onConnect(f func(context.Context, *redis.Conn) error) func(context.Context, *redis.Conn) error {
	if f == nil {
		return nil
	}
	room := make(chan struct{}, hooksAtOnce)
	return func(ctx context.Context, conn *redis.Conn) error {
		// What is left behind must not see the context of the next call.
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
			done <- recovered(func() error { return f(ctx, conn) })
		}()
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
