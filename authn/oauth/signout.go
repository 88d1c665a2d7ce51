package oauth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Revoke revokes a refresh token or an access token at the provider (RFC 7009), such as at a
// logout. A token that the provider does not know is revoked already, and no error. The error is
// authn.ErrUnavailable if the provider does not answer as it must, or has no
// revocation_endpoint. The caller should go on with its logout after an error.
func (c *Client) Revoke(ctx context.Context, token string) error {
	bounded, cancel := context.WithTimeout(ctx, c.cfg.Budget)
	defer cancel()
	p, err := c.providers.get(bounded)
	if err != nil {
		return unavailable(ctx, "%w", err)
	}
	if p.revocation == "" {
		return unavailable(ctx, "%w", errNoRevocation)
	}
	status, _, err := c.post(bounded, p, p.revocation, url.Values{"token": {token}})
	switch {
	case err != nil:
		return unavailable(ctx, "the revocation endpoint: %w", err)
	case status != http.StatusOK:
		return unavailable(ctx, "the revocation endpoint answered with status %d", status)
	}
	return nil
}

// LogoutURL returns the address at the provider that ends the session of the user there (OpenID
// Connect RP-Initiated Logout 1.0), for a redirect after the application has ended its own
// session. idToken is Tokens.ID of the login; without it, most providers ask the user. From there
// the browser comes to Config.AfterLogoutURL. The result is "" if the provider has no
// end_session_endpoint. The error is authn.ErrUnavailable if the metadata cannot be read.
//
// A form whose answer is this redirect needs the origin of the provider in the directive
// form-action of its page, or Chromium does not follow.
func (c *Client) LogoutURL(ctx context.Context, idToken string) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, c.cfg.Budget)
	defer cancel()
	p, err := c.providers.get(bounded)
	if err != nil {
		return "", unavailable(ctx, "%w", err)
	}
	if p.endSession == "" {
		return "", nil
	}
	u, err := url.Parse(p.endSession)
	if err != nil {
		return "", fmt.Errorf("oauth: end_session_endpoint: %w", err)
	}
	q := u.Query()
	q.Set("client_id", c.cfg.ClientID)
	for name, value := range map[string]string{"id_token_hint": idToken, "post_logout_redirect_uri": c.cfg.AfterLogoutURL} {
		if value != "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
