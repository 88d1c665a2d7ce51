package jwtauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// checkAgainstPeer checks that golang-jwt accepts every token that this package accepts,
// with the same key and the same subject. The opposite is far from true.
func checkAgainstPeer(t *testing.T, v *jwtauth.Verifier[jwtauth.NoClaims], s *signer, token string) {
	t.Helper()
	p, err := v.Verify(context.Background(), token)
	if err != nil {
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || e.Status != 401 || p != nil {
			t.Fatalf("%q: %v, %v", token, p, err)
		}
		return
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{string(s.alg)}), jwt.WithStrictDecoding(), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(), jwt.WithIssuedAt()).
		ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
			if t.Header["kid"] != kid {
				return nil, errors.New("another key")
			}
			return s.public, nil
		})
	if err != nil || claims.Subject != p.Subject || claims.ID != p.TokenID || claims.Issuer != p.Issuer || claims.ExpiresAt.Unix() != p.ExpiresAt.Unix() {
		t.Fatalf("%q: golang-jwt returns %+v, %v; this package returns %+v", token, claims, err, p)
	}
}

// FuzzSigned signs the header and the claims that the fuzzer makes up.
func FuzzSigned(f *testing.F) {
	s := signers()[2]
	v := build(f, config(s))
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			if h, rest, ok := strings.Cut(a.token(s), "."); ok {
				c, _, _ := strings.Cut(rest, ".")
				f.Add(decode(h), decode(c))
			}
		}
	}
	f.Fuzz(func(t *testing.T, header, claims string) { checkAgainstPeer(t, v, s, s.token(header, claims)) })
}

// FuzzToken changes whole tokens. It also checks that every refusal is 401.
func FuzzToken(f *testing.F) {
	s := signers()[2]
	v := build(f, config(s))
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			f.Add(a.token(s))
		}
	}
	f.Fuzz(func(t *testing.T, token string) { checkAgainstPeer(t, v, s, token) })
}

const placeholder = "THE-TOKEN"

// FuzzAuthorization checks that Authenticate handles a field exactly if Present reports
// it, and that an accepted field is the word Bearer and then a valid token.
func FuzzAuthorization(f *testing.F) {
	s := signers()[2]
	v, good := build(f, config(s)), s.good()
	for _, tc := range authorizationCases {
		if tc.fields != nil {
			f.Add(strings.Join(tc.fields(placeholder), ","))
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ReplaceAll(value, placeholder, good)
		r := requestWith(value)
		p, err := v.Authenticate(r)
		if absent := errors.Is(err, authn.ErrNoCredentials); absent == v.Present(r) {
			t.Fatalf("%q: Present says %v, Authenticate %v", value, !absent, err)
		}
		if err == nil && (p == nil || !strings.EqualFold(strings.TrimRight(strings.TrimSuffix(value, good), " "), "bearer") || !strings.HasSuffix(value, " "+good)) {
			t.Fatalf("%q passes", value)
		}
		if err != nil && !errors.Is(err, authn.ErrNoCredentials) && !errors.Is(err, authn.ErrInvalid) && !errors.Is(err, authn.ErrAmbiguous) {
			t.Fatalf("%q: %v", value, err)
		}
	})
}
