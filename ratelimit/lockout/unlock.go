package lockout

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/netip"
)

// tokenLength is the length of 32 bytes in base64url without padding.
const tokenLength = 43

// Issue returns a new unlock token for account: 43 characters fit for a URL, with 256
// random bits. The token is valid once, for this account, for Config.TokenFor. An
// earlier token is no longer valid. Only the hash is stored.
//
// Send the token to the owner, over a channel that only the owner can read, when a
// Decision of [Attempt.Failure] has Locked set. That happens at most once per lockout,
// so an attacker cannot flood the owner with mail. Send it after the response:
// otherwise the response time tells which accounts exist.
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

// Redeem unlocks account as [Guard.Unlock] does if token is the last token that
// [Guard.Issue] returned for it, and otherwise returns [ErrToken]. It makes addr known,
// as a login from there does. Otherwise an attacker that keeps guessing would lock the
// owner out again before the owner has typed a password. A stolen token gives only
// Config.PerAddress guesses from one more address. Redeem on POST and not on GET: mail
// scanners open links.
func (g *Guard) Redeem(ctx context.Context, account, token string, addr netip.Addr) error {
	if len(token) != tokenLength {
		return ErrToken // a long string is not hashed
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

// Unlock forgets all failures of account, from all addresses. Running attempts still
// count. It is for an administrator; the caller must authorise that administrator by
// other means.
func (g *Guard) Unlock(ctx context.Context, account string) error {
	id := g.digest.hashAccount(account)
	return g.callStore(ctx, func(ctx context.Context) error { return g.store.Unlock(ctx, id) })
}

// Forget makes all addresses of account unknown, and a running login does not make its
// own address known. Their failures still count against them. Call it when the password
// was reset or the account was taken over, because one of the addresses may belong to
// the attacker, and when the account is deleted.
func (g *Guard) Forget(ctx context.Context, account string) error {
	id := g.digest.hashAccount(account)
	return g.callStore(ctx, func(ctx context.Context) error { return g.store.Forget(ctx, id) })
}
