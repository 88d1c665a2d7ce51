package oauth

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/outbound"
)

// exchange redeems the code (RFC 6749, section 4.1.3) with one request. The error is
// errUsedCode if the provider does not accept the code.
func (c *Client) exchange(ctx context.Context, p *provider, f loginFlow, code string) (Tokens, error) {
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(f.Verifier)}
	if c.cfg.Signer != nil {
		assertion, err := c.cfg.Signer.Sign()
		if err != nil {
			return Tokens{}, err
		}
		options = append(options, oauth2.SetAuthURLParam("client_assertion", assertion),
			oauth2.SetAuthURLParam("client_assertion_type", assertionType))
	}
	// Without this value, x/oauth2 uses http.DefaultClient, which has no bounds.
	got, err := p.oauth2.Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http), code, options...)
	if err != nil {
		return Tokens{}, tokenFault(ctx, err)
	}
	if got.Type() != "Bearer" {
		return Tokens{}, unavailable(ctx, "%w", errTokenType)
	}
	t := Tokens{Access: got.AccessToken, Refresh: got.RefreshToken, Expires: got.Expiry}
	if c.cfg.UserInfo == nil {
		if t.ID, _ = got.Extra("id_token").(string); t.ID == "" {
			return Tokens{}, unavailable(ctx, "%w", errNoIDToken)
		}
	}
	return t, nil
}

// tokenFault returns the error of a token request that has failed. A RetrieveError of x/oauth2
// holds the body of the response, which may have secrets: its text is not used.
func tokenFault(ctx context.Context, err error) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok && strings.HasPrefix(err.Error(), "oauth2:"):
		return unavailable(ctx, "the token endpoint answered with something else than a token response (RFC 6749, section 5.1)")
	case !ok:
		return unavailable(ctx, "the token endpoint: %w", outbound.Cause(err))
	case e.ErrorCode == "invalid_grant", e.ErrorCode == "bad_verification_code": // the latter is GitHub's, with status 200
		return errUsedCode
	}
	return unavailable(ctx, "the token endpoint answered with status %d and error %q", e.Response.StatusCode, errorCode(e.ErrorCode))
}

// errorCode returns an error code of the provider if it is one, for the log (RFC 6749, section
// 5.2). A text of another form could be anything.
func errorCode(code string) string {
	if len(code) > 64 || strings.ContainsFunc(code, func(c rune) bool { return c != '_' && ('a' > c || c > 'z') }) {
		return "another text"
	}
	return code
}

// verifyIDToken returns the user of the ID token (OpenID Connect Core, section 3.1.3.7).
func (c *Client) verifyIDToken(ctx context.Context, f loginFlow, t Tokens) (Identity, error) {
	want := jwtauth.IDTokenRequest{Nonce: f.Nonce, AccessToken: t.Access, ACR: f.ACR}
	if f.LoginSince != 0 {
		want.LoginSince = time.Unix(f.LoginSince, 0)
	}
	token, err := c.idTokens.Verify(ctx, t.ID, want)
	switch {
	case err == nil:
	case errors.Is(err, authn.ErrInvalid), errors.Is(err, authn.ErrExpired):
		return Identity{}, ErrResponse.With(err)
	default:
		return Identity{}, err
	}
	profile, sid, err := readProfile(string(token.Claims.text))
	if err != nil {
		return Identity{}, ErrResponse.With(err)
	}
	profile.Subject = token.Subject
	return Identity{
		Issuer: token.Issuer, Profile: profile, AuthTime: token.AuthTime, ACR: token.ACR, SID: sid, Claims: token.Claims.text,
	}, nil
}
