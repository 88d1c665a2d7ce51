package authztest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authz/authztest"
)

// A token has all that its caller has, and each wrong one is refused for its own reason.
func TestTokens(t *testing.T) {
	s := newService(t)
	login := time.Now().Add(-time.Minute).Truncate(time.Second)
	ann := authztest.Caller{
		Issuer: secondIssuer, Subject: "ann", Tenant: "acme", Scopes: []string{"a", "b"}, Roles: []string{"admin"}, AuthTime: login, ACR: "mfa",
	}
	tokens := authztest.Tokens{Issuers: s.issuers, Revoke: s.revocation.RevokeToken}
	verify := func(c authztest.Caller) (*authn.Principal, error) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err := tokens.Sign(r, c); err != nil {
			t.Fatal(err)
		}
		return s.verifier.Authenticate(r)
	}
	p, err := verify(ann)
	if err != nil {
		t.Fatal(err)
	}
	if p.Issuer != secondIssuer || p.Subject != "ann" || p.Tenant != "acme" || strings.Join(p.Scopes, " ") != "a b" ||
		strings.Join(p.Roles, " ") != "admin" || !p.AuthTime.Equal(login) || p.ACR != "mfa" {
		t.Errorf("%+v", p)
	}
	tokens.Claims = func(c authztest.Caller) map[string]any { return map[string]any{"sid": "of " + c.Subject, "acr": "pwd"} }
	if p, err := verify(ann); err != nil || p.SessionID != "of ann" || p.ACR != "pwd" {
		t.Errorf("with claims of the test: %+v, %v", p, err)
	}
	tokens.Claims, ann.Issuer = nil, ""
	if p, err := verify(ann); err != nil || p.Issuer != firstIssuer {
		t.Errorf("without an issuer: %+v, %v", p, err)
	}
	for state, want := range map[authztest.State]string{
		authztest.Expired: "expired", authztest.Forged: "signature", authztest.OtherAudience: "audience", authztest.Revoked: "revoked",
	} {
		ann.State = state
		if _, err := verify(ann); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestTokensThatCannotBeSigned(t *testing.T) {
	issuer := authntest.NewIssuer(t, firstIssuer, audience)
	broken := errors.New("the store is away")
	for want, tc := range map[string]struct {
		tokens authztest.Tokens
		caller authztest.Caller
	}{
		`authztest: Tokens.Issuers has no issuer ""`:                      {authztest.Tokens{}, authztest.Caller{Subject: "ann"}},
		`authztest: Tokens.Issuers has no issuer "https://x.example"`:     {authztest.Tokens{Issuers: []*authntest.Issuer{issuer}}, authztest.Caller{Issuer: "https://x.example"}},
		"authztest: Tokens.Revoke is nil":                                 {authztest.Tokens{Issuers: []*authntest.Issuer{issuer}}, authztest.Caller{State: authztest.Revoked}},
		"authztest: Tokens.Revoke: the store is away":                     {authztest.Tokens{Issuers: []*authntest.Issuer{issuer}, Revoke: func(context.Context, *authn.Principal) error { return broken }}, authztest.Caller{State: authztest.Revoked}},
		"authztest: Tokens cannot make the credential of a State of lost": {authztest.Tokens{Issuers: []*authntest.Issuer{issuer}}, authztest.Caller{State: "lost"}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err := tc.tokens.Sign(r, tc.caller); err == nil || !strings.HasPrefix(err.Error(), want) || r.Header.Get("Authorization") != "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
	// The attack does not leave the state out.
	s := newService(t)
	s.build()
	s.cfg.Sign = authztest.Tokens{Issuers: s.issuers}.Sign
	r := attack(s.cfg)
	if !strings.Contains(strings.Join(r.errors, "\n"), "GET /me: is untested: Config.Sign: authztest: Tokens.Revoke is nil") {
		t.Error(r.errors)
	}
}
