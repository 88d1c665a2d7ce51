package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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

// credentials is whichever of the two providers there is, nil if none.
func credentials(plain func() (string, string), withCtx func(context.Context) (string, string, error)) func(context.Context) (string, string, error) {
	switch {
	case withCtx != nil:
	case plain != nil:
		withCtx = func(context.Context) (user, password string, err error) {
			user, password = plain()
			return user, password, nil
		}
	default:
		return nil
	}
	return (&login{ask: withCtx}).get
}

const (
	askTime = 5 * time.Second // for a provider of credentials
	keeps   = 5 * time.Second // how old an answer may be that came too late
)

// A login asks a provider of credentials, once for all that wait. An answer that
// comes too late for them is for the next: a provider that always takes longer
// than a budget would otherwise never be heard.
type login struct {
	ask func(context.Context) (string, string, error)

	mu     sync.Mutex
	asking *asked // nil if nobody is
	late   *asked
}

type asked struct {
	done           chan struct{}
	waiting        int
	at             time.Time
	user, password string
	err            error
}

func (l *login) get(ctx context.Context) (user, password string, err error) {
	l.mu.Lock()
	a := l.late
	l.late = nil
	if a == nil || time.Since(a.at) > keeps {
		if a = l.asking; a == nil {
			a = &asked{done: make(chan struct{})}
			l.asking = a
			go l.run(a)
		}
	}
	a.waiting++
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	select {
	case <-a.done:
		return a.user, a.password, a.err
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		a.waiting--
		return "", "", ctx.Err()
	}
}

// run asks the provider. Not within the time of a call: what it has begun, such
// as a token that it will keep, is then ready for the next.
func (l *login) run(a *asked) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	a.err = recovered(func() (err error) {
		a.user, a.password, err = l.ask(ctx)
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	a.at = time.Now()
	l.asking = nil
	if a.waiting == 0 && a.err == nil {
		l.late = a
	}
	close(a.done)
}
