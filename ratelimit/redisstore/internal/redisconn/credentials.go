package redisconn

import (
	"context"
	"sync"
	"time"
)

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
	return (&asker{ask: withCtx}).get
}

const (
	askTime = 5 * time.Second // for a provider of credentials
	keeps   = 5 * time.Second // how old an answer may be that came too late
)

// An asker asks a provider of credentials, once for all that wait. An answer that
// comes too late for them is for the next: a provider that always takes longer
// than a budget would otherwise never be heard.
type asker struct {
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

func (r *asker) get(ctx context.Context) (user, password string, err error) {
	r.mu.Lock()
	a := r.late
	r.late = nil
	if a == nil || time.Since(a.at) > keeps {
		if a = r.asking; a == nil {
			a = &asked{done: make(chan struct{})}
			r.asking = a
			go r.run(a)
		}
	}
	a.waiting++
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	select {
	case <-a.done:
		return a.user, a.password, a.err
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		a.waiting--
		return "", "", ctx.Err()
	}
}

// run asks the provider. Not within the time of a call: what it has begun, such
// as a token that it will keep, is then ready for the next.
func (r *asker) run(a *asked) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	a.err = Recovered(func() (err error) {
		a.user, a.password, err = r.ask(ctx)
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	a.at = time.Now()
	r.asking = nil
	if a.waiting == 0 && a.err == nil {
		r.late = a
	}
	close(a.done)
}
