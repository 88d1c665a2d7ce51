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

// Verifier verifies bearer tokens. C describes the claims beyond those of
// authn.Principal. Verifier implements authn.Authenticator and is safe for concurrent
// use. Make one with New or NewTyped.
type Verifier[C any] struct{ verifier }

// A verifier is the part of a Verifier that does not depend on C.
type verifier struct {
	single        *trustedIssuer            // nil if there are several issuers
	byIssuer      map[string]*trustedIssuer // by iss; nil if Config.Issuers is not set
	sharedSecrets bool                      // the keys are shared secrets
	audience      []string
	typ           string
	leeway        time.Duration
	maxLifetime   time.Duration
	claims        *strictjson.Index // the names of the claims, by their claim constants
	revoked       func(context.Context, *authn.Principal) (bool, error)
	refuse        refusals
	headers       headerCache
	challenges    atomic.Pointer[challenges]
	cache         *cache // nil is off

	// These three functions depend on C. The last two may be nil.
	newPrincipal   func() *authn.Principal
	decodeClaims   func(p *authn.Principal, claims string) error
	validateClaims func(ctx context.Context, p *authn.Principal) error
}

// Verify verifies one token, without "Bearer", such as a token in the first message of a
// WebSocket. The error is one of
//
//   - authn.ErrInvalid, with one of the errors of this package, or
//     jwks.ErrUnknownKey, as its cause,
//   - authn.ErrExpired, for a token whose only fault is its age. Such a token was not
//     decoded into C, and Config.Revoked was not asked about it,
//   - authn.ErrUnavailable, if a source of keys or Config.Revoked failed, with its
//     error,
//   - the error of ctx, if it was cancelled during such a call.
//
// No part of the token is in these errors, unless a Validate of C puts it there.
func (v *verifier) Verify(ctx context.Context, token string) (*authn.Principal, error) {
	t, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if v.cache != nil {
		if p, err := v.fromCache(ctx, t, now); p != nil || err != nil {
			return p, err
		}
	}
	s := signedToken{issuer: v.single}
	if err := v.verifySignature(ctx, t, &s); err != nil {
		return nil, err
	}
	p, ts, err := v.principalOf(s.issuer.iss, &s.raw)
	if err != nil {
		return nil, err
	}
	if err := v.checkTimes(&ts, now); err != nil {
		return nil, err
	}
	if v.decodeClaims != nil {
		if err := v.decodeClaims(p, s.claims); err != nil {
			return nil, err
		}
	}
	if err := v.checkPerRequest(ctx, p); err != nil {
		return nil, err
	}
	if v.cache != nil && !s.key.Foreign() {
		v.cache.put(t, now, &entry{issuer: s.issuer, kid: s.kid, key: s.key, principal: p, times: ts})
	}
	return p, nil
}

// A signedToken is a token whose signature was verified: its issuer and key, and its
// claims.
type signedToken struct {
	issuer *trustedIssuer
	kid    string
	key    jwa.Key
	claims string
	raw    [claim.Count]string // the values of the claims, by their claim constants
}

// verifySignature verifies the signature of t and stores the result in s.
func (v *verifier) verifySignature(ctx context.Context, t token, s *signedToken) error {
	header, isNew, err := v.parseHeader(t)
	if err != nil {
		return err
	}
	payload, signature, err := t.decode()
	if err != nil {
		return err
	}
	s.claims, s.kid = string(payload), header.kid
	if s.issuer == nil {
		if s.issuer, err = v.selectIssuer(s.claims, &s.raw); err != nil {
			return err
		}
	}
	if s.key, err = v.findKey(ctx, s.issuer, header.kid); err != nil {
		return err
	}
	if header.alg != s.key.Algorithm() {
		return refuseAlgorithm
	}
	// Verify the signature before any claim is checked: the claims of a forged token must
	// not select the refusal that the forger sees. With one issuer they are not even
	// parsed.
	if err := s.key.Verify(t.signingInput, signature); err != nil {
		return refuseSignature
	}
	if isNew {
		v.headers.put(header)
	}
	if v.single != nil {
		return v.readClaims(s.claims, &s.raw)
	}
	return nil
}

// selectIssuer returns the issuer that the iss of a token names. With several issuers the
// key is identified by (iss, kid), so iss must be read before the signature is verified.
// It selects the source of the key and nothing else. The claims are parsed only once.
func (v *verifier) selectIssuer(claims string, raw *[claim.Count]string) (*trustedIssuer, error) {
	if err := v.readClaims(claims, raw); err != nil {
		return nil, err
	}
	iss, _ := strictjson.String(raw[claim.Iss])
	issuer, ok := v.byIssuer[iss]
	if !ok {
		return nil, v.refuse.issuer
	}
	return issuer, nil
}

// checkPerRequest makes the checks whose result may differ for each request: Validate and
// Config.Revoked.
func (v *verifier) checkPerRequest(ctx context.Context, p *authn.Principal) error {
	if v.validateClaims != nil {
		if err := v.validateClaims(ctx, p); err != nil {
			return err
		}
	}
	if v.revoked == nil {
		return nil
	}
	revoked, err := v.revoked(ctx, p)
	if err != nil {
		return wrapOutage(ctx, err)
	}
	if revoked {
		return refuseRevoked
	}
	return nil
}
