package jwtauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Verifier verifies bearer tokens. C describes the claims beyond those of
// authn.Principal. Verifier implements authn.Authenticator and is safe for concurrent
// use. Make one with New or NewTyped.
type Verifier[C any] struct{ verifier }

// A verifier is the part of a Verifier that does not depend on C.
type verifier struct {
	issuers    []*trustedIssuer
	single     *trustedIssuer            // the only one, if every token is checked by it
	byIssuer   map[string]*trustedIssuer // by iss
	legacy     *trustedIssuer            // for tokens without iss; nil if they are refused
	maxToken   int                       // bytes, the largest of all issuers
	maxHeader  int
	confirm    func(*http.Request, authn.Confirmation) error
	revoked    func(context.Context, *authn.Principal) (bool, error)
	refuse     *refusal // of a token of another issuer
	headers    headerCache
	challenges atomic.Pointer[challenges]
	cache      *cache   // nil is off
	sources    *Sources // nil is the Authorization field alone

	// These fields depend on C. The last three may be nil.
	newPrincipal   func() *authn.Principal
	decodeClaims   func(p *authn.Principal, claims string) error
	validateClaims func(ctx context.Context, p *authn.Principal) error
	refuseSchema   *refusal // of claims that do not decode
}

// Verify verifies one token, without "Bearer", such as a token in the first message of a
// WebSocket. It refuses a token that is bound to a key (cnf), because it has no request that
// could prove possession of the key. The error is one of
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
	return v.verify(ctx, nil, token)
}

// verify verifies the token of r. Verify has no request, so its r is nil.
func (v *verifier) verify(ctx context.Context, r *http.Request, token string) (*authn.Principal, error) {
	if len(token) > v.maxToken {
		return nil, refuseSize.err
	}
	t, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if v.cache != nil {
		if p, err := v.fromCache(ctx, r, t, now); p != nil || err != nil {
			return p, err
		}
	}
	var s signedToken
	var out reading
	if err := v.verifyClaims(ctx, t, len(token), now, &s, &out); err != nil {
		return nil, err
	}
	p := out.principal
	if err := v.checkPerRequest(ctx, r, p, out.bound); err != nil {
		return nil, err
	}
	if v.cache != nil && !s.key.Foreign() {
		v.cache.put(t, now, &entry{
			issuer: s.issuer, kid: s.kid, key: s.key, principal: p, bound: out.bound, unread: len(out.unread) > 0, times: out.times,
		})
	}
	noteUnread(ctx, len(out.unread) > 0)
	return p, nil
}

// verifyClaims verifies the signature of t, a token of size bytes, and all that its claims say
// by themselves. It stores the results in s and out.
func (v *verifier) verifyClaims(ctx context.Context, t token, size int, now time.Time, s *signedToken, out *reading) error {
	if err := v.verifySignature(ctx, t, size, s); err != nil {
		return err
	}
	out.principal = v.newPrincipal()
	s.issuer.read(s.iss, &s.raw, out)
	if len(out.refusals) > 0 {
		return out.refusals[0].err
	}
	if why := s.issuer.checkTimes(&out.times, now); why != nil {
		return why.err
	}
	if v.decodeClaims != nil {
		return v.decodeClaims(out.principal, s.claims)
	}
	return nil
}

// A signedToken is a token whose signature was verified: its issuer and key, and its
// claims.
type signedToken struct {
	issuer *trustedIssuer
	iss    string
	kid    string
	key    jwa.Key
	claims string
	raw    rawClaims
}

// verifySignature verifies the signature of t, a token of size bytes, and stores the result
// in s.
func (v *verifier) verifySignature(ctx context.Context, t token, size int, s *signedToken) error {
	header, isNew, err := v.parseHeader(t)
	if err != nil {
		return err
	}
	payload, signature, err := t.decode()
	if err != nil {
		return err
	}
	s.claims, s.kid = string(payload), header.kid
	if s.issuer = v.single; s.issuer != nil {
		s.iss = s.issuer.iss
	} else if s.issuer, s.iss, err = v.selectIssuer(s.claims); err != nil {
		return err
	}
	if why := s.issuer.checkForm(&header, size); why != nil {
		return why.err
	}
	// Verify the signature before any claim is checked: the claims of a forged token must
	// not select the refusal that the forger sees. With one issuer they are not even
	// parsed.
	key, why, err := s.issuer.signingKey(ctx, s.iss, &header, t.signingInput, signature)
	switch {
	case err != nil:
		return err
	case why != nil:
		return why.err
	}
	s.key = key
	if isNew {
		v.headers.put(header)
	}
	return s.issuer.collect(s.claims, &s.raw)
}

// collect stores the values of the claims that ti reads in raw.
func (ti *trustedIssuer) collect(claims string, raw *rawClaims) error {
	err := ti.index.Collect(claims, ti.rules, raw[:len(ti.index.Names())])
	if err == strictjson.ErrUnknown {
		return ti.refuse.unlisted.err
	}
	return jsonRefusal(err)
}

// checkForm checks the parts of a token that need no key: its typ, its sizes, and that its
// algorithm is of the family of the keys of ti.
func (ti *trustedIssuer) checkForm(header *knownHeader, size int) *refusal {
	switch {
	case size > ti.maxToken:
		return ti.refuse.tokenSize
	case header.size > ti.maxHeader:
		return ti.refuse.headerSize
	case !ti.acceptsType(header):
		return ti.refuse.typ
	case !ti.ofFamily(header.alg):
		return refuseUnknownAlg
	}
	return nil
}

// ofFamily reports whether alg is of the family of the keys of ti.
func (ti *trustedIssuer) ofFamily(alg string) bool {
	_, hmac := jwa.LookupHMAC(alg)
	return hmac == ti.secrets
}

// issuerIndex finds the one claim that is read before the signature is verified.
var issuerIndex = strictjson.NewIndex([]string{"iss"})

// selectIssuer returns the issuer that the iss of a token names. With several issuers the
// key is identified by (iss, kid), so iss must be read before the signature is verified.
// It selects the settings and the source of the key, and nothing else.
func (v *verifier) selectIssuer(claims string) (ti *trustedIssuer, iss string, err error) {
	var raw [1]string
	if err := issuerIndex.Collect(claims, claimRules, raw[:]); err != nil {
		return nil, "", jsonRefusal(err)
	}
	if raw[0] == "" && v.legacy != nil {
		return v.legacy, v.legacy.iss, nil
	}
	iss, _ = strictjson.String(raw[0])
	if ti := v.byIssuer[iss]; ti != nil && !ti.hasTenants {
		return ti, iss, nil
	}
	i := slices.IndexFunc(v.issuers, func(ti *trustedIssuer) bool {
		_, ok := ti.tenantOf(iss)
		return ti.hasTenants && ok
	})
	if i < 0 {
		return nil, "", v.refuse.err
	}
	return v.issuers[i], iss, nil
}

// noteUnread notes in the record of the request that a claim of the token could not be read.
func noteUnread(ctx context.Context, unread bool) {
	if !unread {
		return
	}
	if rec := carrier.From(ctx); rec != nil {
		rec.Update(func(f *carrier.Facts) { f.Events |= carrier.ClaimsUnread })
	}
}

// checkPerRequest makes the checks whose result may differ for each request: Validate,
// Config.Confirm for a token that is bound to a key, and Config.Revoked.
func (v *verifier) checkPerRequest(ctx context.Context, r *http.Request, p *authn.Principal, bound *authn.Confirmation) error {
	if v.validateClaims != nil {
		if err := v.validateClaims(ctx, p); err != nil {
			return err
		}
	}
	if bound != nil {
		if err := v.checkConfirmation(ctx, r, *bound); err != nil {
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
		return refuseRevoked.err
	}
	return nil
}

// checkConfirmation checks that r proves possession of the key in c.
func (v *verifier) checkConfirmation(ctx context.Context, r *http.Request, c authn.Confirmation) error {
	if r == nil {
		return refuseProof.err
	}
	err := v.confirm(r, c)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, authn.ErrUnavailable):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return wrapOutage(ctx, err)
	}
	return authn.ErrInvalid.With(fmt.Errorf("%w: %w", ErrProof, err))
}
