package jwtauth

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/authn"
)

// Verifier judges bearer tokens. It implements authn.Authenticator and is safe
// for concurrent use; make one with New.
type Verifier struct {
	issuer      string
	audience    []string
	keys        KeySource
	typ         string
	leeway      time.Duration
	maxLifetime time.Duration
	claims      []string // names, by their claim constants
	refuse      reasons
}

// Verify judges one token, without "Bearer", such as one that arrived in the
// first message of a WebSocket. The error is one of
//
//   - authn.ErrInvalid, with one of the errors of this package as its cause,
//   - authn.ErrExpired, for a token that would be accepted but for its age,
//   - authn.ErrUnavailable, if the source of keys failed, with its error,
//   - the error of ctx, if it was cancelled while the source was asked.
//
// Nothing of the token is in any of them.
func (v *Verifier) Verify(ctx context.Context, token string) (*authn.Principal, error) {
	t, err := split(token)
	if err != nil {
		return nil, err
	}
	text, err := t.decodeHeader()
	if err != nil {
		return nil, err
	}
	alg, kid, err := v.readHeader(text)
	if err != nil {
		return nil, err
	}
	// A source may have to ask the issuer; not for a token that no key fits.
	if _, known := algorithmOf(Algorithm(alg)); !known {
		return nil, refuseForeignAlg
	}
	key, err := v.key(ctx, kid)
	if err != nil {
		return nil, err
	}
	if Algorithm(alg) != key.algorithm {
		return nil, refuseAlgorithm
	}
	claims, signature, err := t.decode()
	if err != nil {
		return nil, err
	}
	// Before a claim is looked at: what a forger wrote is neither worth parsing
	// nor may it decide which refusal he sees.
	if err := key.method.Verify(t.signed, signature, key.public); err != nil {
		return nil, refuseSignature
	}
	p, err := v.judge(string(claims), time.Now())
	if err != nil {
		return nil, err
	}
	return p, nil
}
