package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// What the options of a user put in the way of a new connection may take as long
// as it likes: a token service, a command or two. go-redis calls it where the
// connection is waited for, so that a decision would wait as long. Here it goes
// on by itself when the time of the decision is over.

const (
	// fetchLimit ends the wait for credentials, which is not that of the decision
	// that began it: a service slower than a budget would otherwise never be heard.
	fetchLimit = 10 * time.Second

	// fetchedLife is how long credentials are kept that came when nobody waited
	// any more. They may be good for minutes, and are asked for once a connection.
	fetchedLife = time.Minute
)

var errPanicked = errors.New("an option of the client panicked")

// inWay runs f, which must not panic our process when nobody is there to recover.
func inWay(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return f()
}

type onConnect = func(context.Context, *redis.Conn) error

// boundedConnect is f within the time of its context. Without that time the
// connection is given up, which ends the commands that f still sends.
func boundedConnect(f onConnect) onConnect {
	if f == nil {
		return nil
	}
	return func(ctx context.Context, cn *redis.Conn) error {
		done := make(chan error, 1)
		go func() { done <- inWay(func() error { return f(ctx, cn) }) }()
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// credentials are fetched by one call at a time, for all connections that wait.
type credentials struct {
	from func(context.Context) (string, string, error)

	mu   sync.Mutex
	call *fetch // nil if nobody asks and there is nothing left to take
}

type fetch struct {
	done               chan struct{}
	username, password string
	err                error
	at                 time.Time
}

type provider = func(context.Context) (string, string, error)

// boundedProvider makes one provider of the two that options may have. The one
// with a context takes precedence, as it does in go-redis.
func boundedProvider(plain func() (string, string), withContext provider) provider {
	switch {
	case withContext != nil:
	case plain != nil:
		withContext = func(context.Context) (string, string, error) {
			username, password := plain()
			return username, password, nil
		}
	default:
		return nil
	}
	return (&credentials{from: withContext}).get
}

func (c *credentials) get(ctx context.Context) (username, password string, err error) {
	c.mu.Lock()
	f := c.call
	if f == nil || f.stale() {
		f = c.begin()
	}
	c.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.call == f {
		c.call = nil
	}
	return f.username, f.password, f.err
}

func (c *credentials) begin() *fetch {
	f := &fetch{done: make(chan struct{})}
	c.call = f
	go func() {
		defer close(f.done)
		ctx, cancel := context.WithTimeout(context.Background(), fetchLimit)
		defer cancel()
		f.err = inWay(func() (err error) {
			f.username, f.password, err = c.from(ctx)
			return err
		})
		f.at = time.Now()
	}()
	return f
}

// stale reports whether f ended too long ago to be used, or with an error that
// nobody has been told: then it is worth another try.
func (f *fetch) stale() bool {
	select {
	case <-f.done:
		return f.err != nil || time.Since(f.at) > fetchedLife
	default:
		return false
	}
}
