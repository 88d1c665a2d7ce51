package tokens

import (
	"context"
	"errors"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
)

// Access returns an access token of an owner. It renews one that expires within Early. The error
// is ErrNone if the owner has no token that the provider still accepts, and authn.ErrUnavailable if
// the store or the provider does not answer, or if another process renews a token that has
// expired.
func (k *Keeper) Access(ctx context.Context, owner string) (string, error) {
	name := nameOf(owner)
	r, _, err := k.load(ctx, name)
	switch {
	case err != nil:
		return "", err
	case r == nil:
		return "", ErrNone
	case r.good(time.Now().Add(k.cfg.Early)):
		return r.Access, nil
	}
	return k.share(ctx, name)
}

// A flight is a renewal that several requests wait for.
type flight struct {
	done   chan struct{}
	access string
	err    error
}

// share renews the tokens under name, or waits for another request that does.
func (k *Keeper) share(ctx context.Context, name string) (string, error) {
	k.mu.Lock()
	f := k.flights[name]
	if f != nil {
		k.mu.Unlock()
		select {
		case <-f.done:
			return f.access, f.err
		case <-ctx.Done():
			return "", unavailable(ctx, "%w", ctx.Err())
		}
	}
	f = &flight{done: make(chan struct{}), err: errNoResult}
	k.flights[name] = f
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.flights, name)
		k.mu.Unlock()
		close(f.done)
	}()
	// The provider has spent the refresh token as soon as it answers: a client that leaves must
	// not lose the next one.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshLimit)
	defer cancel()
	f.access, f.err = k.renew(bounded, name)
	return f.access, f.err
}

// renew renews the tokens under name, unless they are good or another process renews them.
func (k *Keeper) renew(ctx context.Context, name string) (string, error) {
	for range tries {
		r, _, err := k.load(ctx, name)
		now := time.Now()
		switch {
		case err != nil:
			return "", err
		case r == nil, r.Refresh == "" && !r.good(now):
			return "", ErrNone
		case r.good(now.Add(k.cfg.Early)), r.Refresh == "":
			return r.Access, nil
		case now.UnixMilli() < r.Claimed && r.good(now):
			return r.Access, nil
		case now.UnixMilli() < r.Claimed:
			return "", unavailable(ctx, "%w", errClaimed)
		}
		claimed := *r
		claimed.Claimed = now.Add(claimLife).UnixMilli()
		switch ok, err := k.swap(ctx, name, r.sealed, &claimed); {
		case err != nil:
			return "", err
		case !ok:
			continue // another process was faster
		}
		if access, done, err := k.redeem(ctx, name, &claimed); done {
			return access, err
		}
	}
	return "", unavailable(ctx, "%w", errContest)
}

// redeem presents the refresh token of r, which this process has claimed, and stores the result.
// done is false if the tokens were saved or removed meanwhile.
func (k *Keeper) redeem(ctx context.Context, name string, r *record) (access string, done bool, err error) {
	t, err := k.cfg.Refresh(ctx, r.Refresh)
	// The store has time also after a Refresh that has used all of its own.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimLife-refreshLimit)
	defer cancel()
	switch {
	case errors.Is(err, oauth.ErrGrant):
		ok, swapErr := k.swap(ctx, name, r.sealed, nil)
		if swapErr != nil {
			return "", true, swapErr
		}
		return "", ok, ErrNone.With(err)
	case err != nil:
		free := *r
		free.Claimed = 0
		// If this fails, the claim ends by itself.
		_, _ = k.swap(ctx, name, r.sealed, &free)
		if r.good(time.Now()) {
			return r.Access, true, nil
		}
		return "", true, unavailable(ctx, "the provider: %w", err)
	}
	next := newRecord(t)
	if next.ID == "" {
		next.ID = r.ID
	}
	ok, err := k.swap(ctx, name, r.sealed, next)
	if err != nil {
		return "", true, err
	}
	return next.Access, ok, nil
}
