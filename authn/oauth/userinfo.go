package oauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/outbound"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// plainIdentity returns the user of Config.UserInfo.
func (c *Client) plainIdentity(ctx context.Context, t Tokens) (Identity, error) {
	profile, err := c.cfg.UserInfo(ctx, outbound.WithToken(c.http, t.Access))
	if err != nil {
		if _, ok := errors.AsType[*httperr.Error](err); ok {
			return Identity{}, err
		}
		return Identity{}, unavailable(ctx, "Config.UserInfo: %w", outbound.Cause(err))
	}
	if profile.Subject == "" {
		return Identity{}, httperr.ErrInternal.With(errNoSubject)
	}
	return Identity{Issuer: c.cfg.Issuer, Profile: profile}, nil
}

// askUserInfo returns the profile at the UserInfo endpoint (OpenID Connect Core, section 5.3).
func (c *Client) askUserInfo(ctx context.Context, p *provider, t Tokens) (Profile, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.userInfo, nil)
	if err != nil {
		return Profile{}, err
	}
	res, err := outbound.WithToken(c.http, t.Access).Do(req)
	if err != nil {
		return Profile{}, unavailable(ctx, "the UserInfo endpoint: %w", outbound.Cause(err))
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body) // outbound bounds it
	switch {
	case err != nil:
		return Profile{}, unavailable(ctx, "the UserInfo endpoint: %w", err)
	case res.StatusCode != http.StatusOK:
		return Profile{}, unavailable(ctx, "the UserInfo endpoint answered with status %d", res.StatusCode)
	case strings.HasPrefix(res.Header.Get("Content-Type"), "application/jwt"):
		return Profile{}, unavailable(ctx, "%w", errSignedInfo)
	}
	profile, _, err := readProfile(string(body))
	if err != nil {
		return Profile{}, unavailable(ctx, "the UserInfo endpoint: %w", err)
	}
	return profile, nil
}
