package redisconn

import (
	"context"
	"sync"
	"time"
)

// credentials returns a function that asks whichever of the two providers is set, or
// nil.
func credentials(
	plain func() (string, string), withCtx func(context.Context) (string, string, error),
) func(context.Context) (string, string, error) {
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
	return (&credentialSource{provider: withCtx}).get
}

const (
	providerTimeout = 5 * time.Second // for one call of a provider of credentials
	lateTTL         = 5 * time.Second // the maximum age of credentials that came too late for their own connection
)

// A credentialSource asks a provider of credentials once for all connections that wait.
// An answer that comes too late for these connections is kept for the next one.
// Otherwise a provider that always takes longer than a budget would never be of use.
type credentialSource struct {
	provider func(context.Context) (string, string, error)

	mu        sync.Mutex
	pending   *credentialFetch // nil if the provider is not being asked
	unclaimed *credentialFetch
}

type credentialFetch struct {
	done           chan struct{}
	waiting        int
	endedAt        time.Time
	user, password string
	err            error
}

func (s *credentialSource) get(ctx context.Context) (user, password string, err error) {
	s.mu.Lock()
	fetch := s.unclaimed
	s.unclaimed = nil
	if fetch == nil || time.Since(fetch.endedAt) > lateTTL {
		if fetch = s.pending; fetch == nil {
			fetch = &credentialFetch{done: make(chan struct{})}
			s.pending = fetch
			go s.run(fetch)
		}
	}
	fetch.waiting++
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, ioTimeout)
	defer cancel()
	select {
	case <-fetch.done:
		return fetch.user, fetch.password, fetch.err
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		fetch.waiting--
		return "", "", ctx.Err()
	}
}

// run asks the provider. It does not use the deadline of a call, so that work the
// provider has begun, such as fetching a token that it will keep, is ready for the next
// call.
func (s *credentialSource) run(fetch *credentialFetch) {
	ctx, cancel := context.WithTimeout(context.Background(), providerTimeout)
	defer cancel()
	fetch.err = Recovered(func() (err error) {
		fetch.user, fetch.password, err = s.provider(ctx)
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	fetch.endedAt = time.Now()
	s.pending = nil
	if fetch.waiting == 0 && fetch.err == nil {
		s.unclaimed = fetch
	}
	close(fetch.done)
}
