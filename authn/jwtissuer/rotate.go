package jwtissuer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

const (
	// maxPublished is the number of keys that may be published at a time. Clients that
	// fetch the set have a bound too.
	maxPublished = 16

	// publishGrace is the time for which a key is published after its last token has
	// expired. It is the longest Leeway of a Verifier.
	publishGrace = claim.MaxLeeway
)

// Rotate makes next the signing key after Config.Ahead. Until then the present key signs.
// Both are published from now on. The old key stays published until its last token has
// expired, including 1 min of leeway, and then drops out by itself. Another rotation may
// follow before this one has taken effect.
//
// A compromised key must not sign for that long: call Withdraw with its ID after Rotate.
//
// Rotate refuses an invalid key, a key whose ID or key material this Issuer has used
// before, and a seventeenth published key. With a KeyFile it refuses every key. The Issuer then stays unchanged, and the error
// joins the *httperr.ConfigError of all faults.
func (i *Issuer) Rotate(next SigningKey) error {
	f := httperr.ConfigFaults{Package: pkg}
	if i.files != nil {
		f.Add("SigningKey", nil, "the keys come from Config.KeyFile", "write the key to that file or folder")
		return f.Err()
	}
	key := next.prepare(&f, "SigningKey.", i.typ)
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	published, _ := i.schedule.Load().publishedAt(now, i.overlap)
	if key != nil {
		switch {
		case i.usedBefore[key.id]:
			f.Add("SigningKey.ID", key.id, "another key had this ID, and verifiers may remember it",
				"give each key an ID of its own, or leave it empty")
		case i.usedBefore[key.thumbprint]:
			f.Add("SigningKey.Private", nil, "was a key of this issuer already", "use a new key, such as of GenerateKey")
		case len(published) >= maxPublished:
			f.Add("SigningKey", nil, fmt.Sprintf("%d keys are published already", len(published)), "rotate less often")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	i.usedBefore[key.id], i.usedBefore[key.thumbprint] = true, true
	keys := slices.Clone(published)
	start := now.Add(i.ahead)
	keys[len(keys)-1].end = start
	keys = append(keys, scheduledKey{signingKey: key, start: start})
	i.schedule.Store(&keys)
	return nil
}

// Withdraw removes the key with the ID kid from the published set at once, because it is
// compromised. A verifier refuses its tokens after its next fetch of the keys; an Issuer
// as a source of keys refuses them at once. If the key is the signing key, the next key
// takes over, though verifiers may not know it yet: call Rotate before.
//
// A key of a KeyFile is not used again while this process runs, although it is in the file:
// remove it there too, for the other processes and for the next start.
//
// The error wraps jwks.ErrUnknownKey if no such key is published. It is another error if
// no key would be left to sign.
func (i *Issuer) Withdraw(kid string) error {
	now := time.Now()
	i.at(now)
	i.mu.Lock()
	defer i.mu.Unlock()
	published, _ := i.schedule.Load().publishedAt(now, i.overlap)
	n := slices.IndexFunc(published, func(k scheduledKey) bool { return k.id == kid })
	if n < 0 {
		return fmt.Errorf("%w: no key named %q is published", jwks.ErrUnknownKey, kid)
	}
	keys, signer := slices.Clone(published), published.signerIndex(now)
	if i.files != nil {
		return i.withdrawFromFiles(keys, n, now)
	}
	switch {
	case n == signer && n == len(keys)-1:
		return fmt.Errorf("jwtissuer: Withdraw: %q is the last key that can sign; give the next one to Rotate before", kid)
	case n == signer:
		keys[n+1].start = now
	case n > signer:
		keys[n-1].end = keys[n].end // the key before it signs in its place
	}
	keys = slices.Delete(keys, n, n+1)
	i.schedule.Store(&keys)
	return nil
}

// withdrawFromFiles takes the key at n out of keys, which are published, for good.
func (i *Issuer) withdrawFromFiles(keys keySchedule, n int, now time.Time) error {
	out := keys[n]
	keys = slices.Delete(keys, n, n+1)
	left := keys.inFiles()
	if len(left) == 0 {
		return fmt.Errorf("jwtissuer: Withdraw: %q is the last key that can sign; write the next one to the KeyFile before", out.id)
	}
	i.withdrawn[out.thumbprint] = true
	keys = keys.replaced(left, now, i.ahead)
	i.schedule.Store(&keys)
	return nil
}

// Key implements jwks.Source for a Verifier in the same process. It finds every published
// key.
func (i *Issuer) Key(ctx context.Context, issuer, kid, alg string) (jwks.Key, error) {
	if issuer != i.issuer {
		return jwks.Key{}, jwks.ErrUnknownKey
	}
	now := time.Now()
	published, _ := i.at(now).publishedAt(now, i.overlap)
	found, err := jwks.Key{}, jwks.ErrUnknownKey
	for _, k := range published {
		switch {
		case kid != "" && k.id != kid:
			continue
		case kid != "":
			return k.public.Key(ctx, issuer, kid, alg)
		}
		// The tokens of this Issuer have a kid. Tokens without one need the only key for
		// their algorithm.
		one, errOne := k.public.Key(ctx, issuer, "", alg)
		switch {
		case errOne != nil:
		case err == nil:
			return jwks.Key{}, jwks.ErrSeveralKeys
		default:
			found, err = one, nil
		}
	}
	return found, err
}
