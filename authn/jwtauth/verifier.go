package jwtauth

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// Verifier judges bearer tokens whose claims, beyond those of authn.Principal,
// are described by C. It implements authn.Authenticator and is safe for
// concurrent use; make one with New or NewTyped.
type Verifier[C any] struct{ verifier }

// A verifier is what does not depend on C.
type verifier struct {
	single      *trustedIssuer            // the one issuer, or
	byIssuer    map[string]*trustedIssuer // several
	secrets     bool                      // their keys are shared secrets
	audience    []string
	typ         string
	leeway      time.Duration
	maxLifetime time.Duration
	claims      *strictjson.Index // of the names, by their claim constants
	revoked     func(context.Context, *authn.Principal) (bool, error)
	refuse      refusals
	headers     headers
	challenges  atomic.Pointer[challenges]
	cache       *cache // nil is off

	// The three that know C. The last two may be nil.
	blank    func() *authn.Principal
	decode   func(p *authn.Principal, claims string) error
	validate func(ctx context.Context, p *authn.Principal) error
}

// Verify judges one token, without "Bearer", such as one that arrived in the
// first message of a WebSocket. The error is one of
//
//   - authn.ErrInvalid, with one of the errors of this package, or
//     jwks.ErrUnknownKey, as its cause,
//   - authn.ErrExpired, for a token that is wrong in nothing but its age, as far
//     as that can be told without decoding it into C and asking Config.Revoked,
//   - authn.ErrUnavailable, if a source of keys or Config.Revoked failed, with
//     its error,
//   - the error of ctx, if it was cancelled while one of these was asked.
//
// Nothing of the token is in any of them, unless a Validate of C puts it there.
func (v *verifier) Verify(ctx context.Context, token string) (*authn.Principal, error) {
	t, err := split(token)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if v.cache != nil {
		if p, err := v.fromCache(ctx, t, now); p != nil || err != nil {
			return p, err
		}
	}
	s := verified{from: v.single}
	if err := v.verify(ctx, t, &s); err != nil {
		return nil, err
	}
	p, dates, err := v.principalOf(s.from.issuer, &s.raw)
	if err != nil {
		return nil, err
	}
	if err := v.checkTimes(&dates, now); err != nil {
		return nil, err
	}
	if v.decode != nil {
		if err := v.decode(p, s.claims); err != nil {
			return nil, err
		}
	}
	if err := v.admit(ctx, p); err != nil {
		return nil, err
	}
	if v.cache != nil && !s.key.Foreign() {
		v.cache.keep(t, now, &entry{from: s.from, kid: s.kid, key: s.key, principal: p, dates: dates})
	}
	return p, nil
}

// verified is what a good signature says: whose it is, and the claims.
type verified struct {
	from   *trustedIssuer
	kid    string
	key    jwa.Key
	claims string
	raw    [claim.Count]string // the claims by their constants
}

// verify verifies the signature of t and stores what is signed in s.
func (v *verifier) verify(ctx context.Context, t token, s *verified) error {
	head, isNew, err := v.header(t)
	if err != nil {
		return err
	}
	payload, signature, err := t.decode()
	if err != nil {
		return err
	}
	s.claims, s.kid = string(payload), head.kid
	if s.from == nil {
		if s.from, err = v.issuerOf(s.claims, &s.raw); err != nil {
			return err
		}
	}
	if s.key, err = v.key(ctx, s.from, head.kid); err != nil {
		return err
	}
	if head.alg != s.key.Algorithm() {
		return refuseAlgorithm
	}
	// Before a claim is judged: what a forger wrote may not decide which refusal
	// he sees, and with one issuer it is not worth reading either.
	if err := s.key.Verify(t.signed, signature); err != nil {
		return refuseSignature
	}
	if isNew {
		v.headers.keep(head)
	}
	if v.single != nil {
		return v.read(s.claims, &s.raw)
	}
	return nil
}

// issuerOf returns the issuer that a token says it is of. With several issuers
// the key is the one of (iss, kid), so iss must be read before the signature;
// it decides whose keys are asked and nothing else. The claims are read once.
func (v *verifier) issuerOf(claims string, raw *[claim.Count]string) (*trustedIssuer, error) {
	if err := v.read(claims, raw); err != nil {
		return nil, err
	}
	iss, _ := strictjson.String(raw[claim.Iss])
	from, ok := v.byIssuer[iss]
	if !ok {
		return nil, v.refuse.issuer
	}
	return from, nil
}

// admit asks those who may answer differently for each request.
func (v *verifier) admit(ctx context.Context, p *authn.Principal) error {
	if v.validate != nil {
		if err := v.validate(ctx, p); err != nil {
			return err
		}
	}
	if v.revoked == nil {
		return nil
	}
	revoked, err := v.revoked(ctx, p)
	if err != nil {
		return outage(ctx, err)
	}
	if revoked {
		return refuseRevoked
	}
	return nil
}
