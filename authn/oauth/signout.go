package oauth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/outbound"
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
	form := url.Values{"token": {token}}
	if err := c.addCredentials(p, form); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(bounded, http.MethodPost, p.revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.oauth2.Endpoint.AuthStyle == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(c.cfg.ClientID), url.QueryEscape(c.cfg.ClientSecret)) // RFC 6749, section 2.3.1
	}
	res, err := c.http.Do(req)
	if err != nil {
		return unavailable(ctx, "the revocation endpoint: %w", outbound.Cause(err))
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return unavailable(ctx, "the revocation endpoint answered with status %d", res.StatusCode)
	}
	return nil
}

// addCredentials adds the parameters by which the client authenticates, if the metadata do not
// put them into a header.
func (c *Client) addCredentials(p *provider, form url.Values) error {
	if p.oauth2.Endpoint.AuthStyle == oauth2.AuthStyleInHeader {
		return nil
	}
	form.Set("client_id", c.cfg.ClientID)
	if c.cfg.Signer == nil {
		if c.cfg.ClientSecret != "" {
			form.Set("client_secret", c.cfg.ClientSecret)
		}
		return nil
	}
	assertion, err := c.cfg.Signer.Sign()
	if err != nil {
		return err
	}
	form.Set("client_assertion", assertion)
	form.Set("client_assertion_type", assertionType)
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
