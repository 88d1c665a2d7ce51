package oauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/outbound"
)

// ErrGrant is the error of Refresh for a refresh token that the provider no longer accepts: it
// has expired, was revoked, or was used before. Only a new login gives another one.
var ErrGrant = errors.New("oauth: the provider does not accept the refresh token (invalid_grant)")

// Refresh redeems a refresh token with one request (RFC 6749, section 6). Refresh of the result
// is the next refresh token, which is the same one if the provider does not rotate them, and ID
// is "" unless the provider sends a new ID token, which is not verified. Many providers accept a
// refresh token once: two requests with it at a time may end all tokens of the user. Package
// authn/oauth/tokens makes one request at a time. The error is ErrGrant, or authn.ErrUnavailable
// if the provider does not answer as it must.
func (c *Client) Refresh(ctx context.Context, refresh string) (Tokens, error) {
	bounded, cancel := context.WithTimeout(ctx, c.cfg.Budget)
	defer cancel()
	p, err := c.providers.get(bounded)
	if err != nil {
		return Tokens{}, unavailable(ctx, "%w", err)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	status, body, err := c.post(bounded, p, p.oauth2.Endpoint.TokenURL, form)
	if err != nil {
		return Tokens{}, unavailable(ctx, "the token endpoint: %w", err)
	}
	t, code, err := readTokens(string(body), time.Now())
	switch {
	case err != nil && status == http.StatusOK:
		return Tokens{}, unavailable(ctx, "the token endpoint: %w", err)
	case code == "invalid_grant":
		return Tokens{}, ErrGrant
	case status != http.StatusOK || code != "":
		return Tokens{}, unavailable(ctx, "the token endpoint answered with status %d and error %q", status, errorCode(code))
	}
	if t.Refresh == "" {
		t.Refresh = refresh
	}
	return t, nil
}

const (
	memberAccessToken = iota
	memberTokenType
	memberExpiresIn
	memberRefreshToken
	memberIDToken
	memberError
	tokenMembers
)

var tokenIndex = strictjson.NewIndex([]string{"access_token", "token_type", "expires_in", "refresh_token", "id_token", "error"})

// maxLife bounds expires_in, so that no sum overflows.
const maxLife = 10 * 365 * 24 * time.Hour

// readTokens reads a token response (RFC 6749, section 5.1), or the error in it. A provider may
// answer an error with status 200.
func readTokens(text string, now time.Time) (t Tokens, code string, err error) {
	var raw [tokenMembers]string
	if err := tokenIndex.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers}, raw[:]); err != nil {
		return Tokens{}, "", err
	}
	if code, _ = strictjson.String(raw[memberError]); code != "" {
		return Tokens{}, code, nil
	}
	kind, _ := strictjson.String(raw[memberTokenType])
	t.Access, _ = strictjson.String(raw[memberAccessToken])
	t.Refresh, _ = strictjson.String(raw[memberRefreshToken])
	t.ID, _ = strictjson.String(raw[memberIDToken])
	switch {
	case t.Access == "":
		return Tokens{}, "", errNoAccess
	case !strings.EqualFold(kind, "Bearer"):
		return Tokens{}, "", errTokenType
	}
	// Some providers write the number as a string.
	seconds, err := strconv.ParseInt(strings.Trim(raw[memberExpiresIn], `"`), 10, 32)
	if err == nil && seconds > 0 {
		t.Expires = now.Add(min(time.Duration(seconds)*time.Second, maxLife))
	}
	return t, "", nil
}

// post sends a form to an endpoint of the provider, and authenticates the client.
func (c *Client) post(ctx context.Context, p *provider, endpoint string, form url.Values) (status int, body []byte, err error) {
	if err := c.addCredentials(p, form); err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.oauth2.Endpoint.AuthStyle == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(c.cfg.ClientID), url.QueryEscape(c.cfg.ClientSecret)) // RFC 6749, section 2.3.1
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, outbound.Cause(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body) // outbound bounds it
	return res.StatusCode, body, err
}

// addCredentials adds the parameters by which the client authenticates, unless they are in a
// header.
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
