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
	// maxRing is how many keys may be published at a time. Whoever fetches the
	// set bounds it too.
	maxRing = 16

	// afterwards is how long a key is published after the last token that it
	// signed has expired: the Leeway that a Verifier may have.
	afterwards = claim.MaxLeeway
)

// A ring is the keys of an Issuer in the order in which they sign. It is never
// changed. Which of them counts is a question of the time alone, so that no
// timer has to run for a key to take over or to drop out.
type ring []ringKey

// A ringKey signs from start until end; zero is always and never.
type ringKey struct {
	*signingKey
	start, end time.Time
}

// signer returns the place of the key that signs.
func (r ring) signer(now time.Time) int {
	for n := len(r) - 1; n > 0; n-- {
		if !now.Before(r[n].start) {
			return n
		}
	}
	return 0
}

// live returns the keys that are published at now, and until when these are
// all: the first moment at which one drops out, zero if none ever does. overlap
// is for how long after its end a key is published.
func (r ring) live(now time.Time, overlap time.Duration) (live ring, until time.Time) {
	for n, k := range r {
		if k.end.IsZero() {
			return r[n:], until
		}
		out := k.end.Add(overlap)
		if now.Before(out) {
			return r[n:], out // those behind it end later
		}
	}
	return nil, until
}

func (i *Issuer) overlap() time.Duration { return i.lifetime + afterwards }

// Rotate makes next the key that signs, Ahead from now; until then the present
// one does. Both are published from now on. The old key stays so until the last
// token that it signed has expired, 1 min of leeway included, and then drops out
// by itself. A rotation may follow before the one before it has taken effect.
//
// A key of a compromised Issuer must not sign for that long: call Withdraw with
// its ID after Rotate.
//
// Refused are an unsound key, one whose ID or key this Issuer has ever had, and
// a seventeenth published one. The Issuer is as it was then, and the errors are
// *httperr.ConfigError, all of them joined.
func (i *Issuer) Rotate(next SigningKey) error {
	f := httperr.ConfigFaults{Package: pkg}
	key := next.prepare(&f, "SigningKey.")
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	live, _ := i.ring.Load().live(now, i.overlap())
	if key != nil {
		switch {
		case i.taken[key.id]:
			f.Add("SigningKey.ID", key.id, "another key had this ID, and verifiers may remember it", "give each key an ID of its own, or leave it empty")
		case i.taken[key.thumbprint]:
			f.Add("SigningKey.Private", nil, "was a key of this issuer already", "use a new key, such as of GenerateKey")
		case len(live) >= maxRing:
			f.Add("SigningKey", nil, fmt.Sprintf("%d keys are published already", len(live)), "rotate less often")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	i.taken[key.id], i.taken[key.thumbprint] = true, true
	keys := slices.Clone(live)
	start := now.Add(i.ahead)
	keys[len(keys)-1].end = start
	keys = append(keys, ringKey{signingKey: key, start: start})
	i.ring.Store(&keys)
	return nil
}

// Withdraw takes the key named kid out of the published set at once, for it is
// compromised. Its tokens are refused by every verifier that asks for the keys
// again, here at once. If it is the one that signs, the next one takes over,
// though verifiers may not have seen it yet: give one to Rotate before.
//
// The error is jwks.ErrUnknownKey, wrapped, if no such key is published, and another
// if no key would be left to sign.
func (i *Issuer) Withdraw(kid string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	live, _ := i.ring.Load().live(now, i.overlap())
	n := slices.IndexFunc(live, func(k ringKey) bool { return k.id == kid })
	if n < 0 {
		return fmt.Errorf("%w: no key named %q is published", jwks.ErrUnknownKey, kid)
	}
	keys, signer := slices.Clone(live), live.signer(now)
	switch {
	case n == signer && n == len(keys)-1:
		return fmt.Errorf("jwtissuer: Withdraw: %q is the last key that can sign; give the next one to Rotate before", kid)
	case n == signer:
		keys[n+1].start = now
	case n > signer:
		keys[n-1].end = keys[n].end // it signs in its place
	}
	keys = slices.Delete(keys, n, n+1)
	i.ring.Store(&keys)
	return nil
}

// Key implements jwks.Source for a Verifier in the same process: it finds every
// key that is published.
func (i *Issuer) Key(ctx context.Context, issuer, kid string) (jwks.Key, error) {
	if issuer == i.issuer {
		live, _ := i.ring.Load().live(time.Now(), i.overlap())
		for _, k := range live {
			if k.id == kid {
				return k.public.Key(ctx, issuer, kid)
			}
		}
	}
	return jwks.Key{}, jwks.ErrUnknownKey
}
