package lockout

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/netip"
)

// tokenLength is that of 32 bytes in base64url without padding.
const tokenLength = 43

// Issue returns a new unlock token for account, 43 characters fit for a URL: 256
// random bits that are good once, for this account, for Config.TokenFor. An
// earlier one is good no more. Only its hash is stored.
//
// Send it to the owner, by a way that only she can read, when a Decision of
// [Attempt.Failure] has Locked set: that is at most once per lockout, so that
// nobody can have her flooded with mail. Send it after the response, or its time
// tells which accounts exist.
func (g *Guard) Issue(ctx context.Context, account string) (token string, err error) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	token = base64.RawURLEncoding.EncodeToString(b[:])
	id := g.digest.hashAccount(account)
	sum := g.digest.hashToken(id, token)
	err = g.callStore(ctx, func(ctx context.Context) error { return g.store.Issue(ctx, id, sum, g.tokenFor) })
	if err != nil {
		return "", err
	}
	return token, nil
}

// Redeem unlocks account as [Guard.Unlock] does if token is the last that
// [Guard.Issue] returned for it, and otherwise returns [ErrToken]. It makes addr
// known as a login from there does, or whoever keeps guessing would have locked
// the owner out again before she has typed her password; all that a token can
// be misused for is Config.PerAddress guesses from one more address. Redeem on
// POST and not on GET: what scans mail for links opens them.
func (g *Guard) Redeem(ctx context.Context, account, token string, addr netip.Addr) error {
	if len(token) != tokenLength {
		return ErrToken // and nothing that long is hashed
	}
	key := g.keyOf(account, addr)
	sum := g.digest.hashToken(key.Account, token)
	good := false
	err := g.callStore(ctx, func(ctx context.Context) (err error) {
		good, err = g.store.Redeem(ctx, key, sum, g.policy)
		return err
	})
	if err == nil && !good {
		return ErrToken
	}
	return err
}

// Unlock forgets all failures of account, from all addresses. Attempts that are
// under way still count. It is for an administrator to call, who must be
// authorised by other means.
func (g *Guard) Unlock(ctx context.Context, account string) error {
	id := g.digest.hashAccount(account)
	return g.callStore(ctx, func(ctx context.Context) error { return g.store.Unlock(ctx, id) })
}

// Forget makes all addresses of account unknown, and a login that is under way
// does not make its own known. What was failed there still counts against them.
// Call it when the password was reset or the account taken over, for one of them
// may be the thief's, and when the account is deleted.
func (g *Guard) Forget(ctx context.Context, account string) error {
	id := g.digest.hashAccount(account)
	return g.callStore(ctx, func(ctx context.Context) error { return g.store.Forget(ctx, id) })
}
