package tokens

import (
	"context"
	"errors"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// tries is the number of attempts to change a value that others change too.
const tries = 4

var (
	errNoOwner  = errors.New("tokens: the owner is empty, or the tokens have no access token")
	errContest  = errors.New("other requests change the tokens at the same time")
	errClaimed  = errors.New("another process renews the tokens")
	errNoResult = errors.New("tokens: the renewal has panicked")
)

// Save keeps the tokens of an owner, in the place of older ones. The error is
// authn.ErrUnavailable if the store does not answer.
func (k *Keeper) Save(ctx context.Context, owner string, t oauth.Tokens) error {
	if owner == "" || t.Access == "" {
		return httperr.ErrInternal.With(errNoOwner)
	}
	name := nameOf(owner)
	for range tries {
		_, sealed, err := k.load(ctx, name)
		if err != nil {
			return err
		}
		if ok, err := k.swap(ctx, name, sealed, newRecord(t)); ok || err != nil {
			return err
		}
	}
	return unavailable(ctx, "%w", errContest)
}

// Remove deletes the tokens of an owner and returns them, so that the caller can revoke the
// refresh token at the provider. Without tokens the result is the zero Tokens. The error is
// authn.ErrUnavailable if the store does not answer; the tokens may then still be there.
func (k *Keeper) Remove(ctx context.Context, owner string) (oauth.Tokens, error) {
	name := nameOf(owner)
	for range tries {
		r, sealed, err := k.load(ctx, name)
		if err != nil || len(sealed) == 0 {
			return oauth.Tokens{}, err
		}
		ok, err := k.swap(ctx, name, sealed, nil)
		switch {
		case err != nil:
			return oauth.Tokens{}, err
		case ok && r == nil:
			return oauth.Tokens{}, nil
		case ok:
			return r.tokens(), nil
		}
	}
	return oauth.Tokens{}, unavailable(ctx, "%w", errContest)
}
