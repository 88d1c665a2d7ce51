package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// A provider has the endpoints of an identity provider, and how it wants to be asked.
type provider struct {
	oauth2   *oauth2.Config
	userInfo string

	revocation, endSession string // "" if the provider has none

	needsIss bool
}

const (
	// rediscoverAfter is the time after which the metadata are read again.
	rediscoverAfter = 24 * time.Hour

	// retryAfter is the time after a failure before the metadata are read again.
	retryAfter = time.Second

	// staleRetryAfter is the same while older metadata are in use.
	staleRetryAfter = time.Minute
)

// providers reads the metadata at the first login, and again when they are old. It starts no
// goroutine: the request that finds them missing or old reads them.
type providers struct {
	read func(context.Context) (*provider, error)
	slot chan struct{} // holds one value; the request that has it reads the metadata

	mu     sync.Mutex // guards the fields below
	now    *provider  // nil before the first success
	due    time.Time  // when the metadata are read again
	failed error      // of the last attempt
}

func newProviders(read func(context.Context) (*provider, error)) *providers {
	p := &providers{read: read, slot: make(chan struct{}, 1)}
	p.slot <- struct{}{}
	return p
}

// peek returns the provider in use, and whether it is good for now. err is the error of an
// attempt a moment ago.
func (p *providers) peek() (now *provider, fresh bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh = time.Now().Before(p.due)
	if fresh && p.now == nil {
		err = p.failed
	}
	return p.now, fresh, err
}

// get returns the provider. While the metadata cannot be read, the older ones are used: a
// provider whose metadata hang must not use up the time in which a code is redeemed.
func (p *providers) get(ctx context.Context) (*provider, error) {
	now, fresh, err := p.peek()
	if fresh {
		return now, err
	}
	if now != nil {
		select {
		case <-p.slot:
		default:
			return now, nil // another request reads them
		}
	} else {
		select {
		case <-p.slot:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { p.slot <- struct{}{} }()
	if now, fresh, err = p.peek(); fresh {
		return now, err
	}
	if now != nil {
		var cancel context.CancelFunc
		ctx, cancel = withHalfTheTime(ctx)
		defer cancel()
	}
	got, err := p.read(ctx)
	return p.keepResult(ctx, got, err)
}

// withHalfTheTime leaves the other half of the budget for the requests that follow.
func withHalfTheTime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2)
}

// keepResult keeps the result of an attempt, and returns the provider that is used from now on.
func (p *providers) keepResult(ctx context.Context, got *provider, err error) (*provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.now, p.due, p.failed = got, time.Now().Add(rediscoverAfter), nil
	case p.now != nil:
		p.due = time.Now().Add(staleRetryAfter)
		err = nil
	case !errors.Is(ctx.Err(), context.Canceled): // a client that has left says nothing about the provider
		p.due, p.failed = time.Now().Add(retryAfter), err
	}
	return p.now, err
}

// discover reads and checks the metadata of the provider.
func (c *Client) discover(ctx context.Context) (*provider, error) {
	m, err := c.metadata.Read(ctx, c.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	endpoints := Endpoints{Authorization: m.AuthorizationEndpoint, Token: m.TokenEndpoint, UserInfo: m.UserInfoEndpoint}
	// A fault in one of these must not stop logins: the endpoint counts as missing.
	if c.metadata.CheckURL(c.cfg.Issuer, "revocation_endpoint", m.RevocationEndpoint) == nil {
		endpoints.Revocation = m.RevocationEndpoint
	}
	if c.metadata.CheckURL(c.cfg.Issuer, "end_session_endpoint", m.EndSessionEndpoint) == nil {
		endpoints.EndSession = m.EndSessionEndpoint
	}
	for _, e := range [...]struct {
		name, url string
		used      bool
	}{
		{"authorization_endpoint", endpoints.Authorization, true},
		{"token_endpoint", endpoints.Token, true},
		{"userinfo_endpoint", endpoints.UserInfo, c.cfg.AskUserInfo},
	} {
		if e.used {
			err = errors.Join(err, c.metadata.CheckURL(c.cfg.Issuer, e.name, e.url))
		}
	}
	if m.RequiresPushedRequests {
		err = errors.Join(err, fmt.Errorf("metadata of %s: require_pushed_authorization_requests is true (PAR, RFC 9126), "+
			"which this package does not speak; let the provider accept plain authorization requests of this client", c.cfg.Issuer))
	}
	if len(m.CodeChallengeMethodsSupported) > 0 && !slices.Contains(m.CodeChallengeMethodsSupported, "S256") {
		err = errors.Join(err, fmt.Errorf("metadata of %s: code_challenge_methods_supported does not have S256 (RFC 7636), "+
			"and plain is never used; turn S256 on at the provider", c.cfg.Issuer))
	}
	style, errStyle := c.authStyle(m.TokenAuthMethods)
	if err = errors.Join(err, errStyle); err != nil {
		return nil, err
	}
	return c.newProvider(endpoints, style, m.SupportsIssuerParameter), nil
}

// authStyle returns how the client authenticates at the token endpoint. methods are listed in
// the metadata; nil is client_secret_basic (RFC 8414, section 2).
func (c *Client) authStyle(methods []string) (oauth2.AuthStyle, error) {
	wanted := []string{methodBasic, methodPost}
	switch {
	case c.cfg.Signer != nil:
		wanted = []string{methodJWT}
	case c.cfg.AuthMethod != "":
		wanted = []string{c.cfg.AuthMethod}
	}
	if len(methods) == 0 || wanted[0] == methodNone { // few providers list "none"
		methods = wanted[:1]
	}
	for _, method := range wanted {
		switch {
		case !slices.Contains(methods, method):
		case method == methodBasic:
			return oauth2.AuthStyleInHeader, nil
		default:
			return oauth2.AuthStyleInParams, nil // of the ID alone, if there is no secret
		}
	}
	return 0, fmt.Errorf("metadata of %s: token_endpoint_auth_methods_supported is %q, and this client is configured for %q; "+
		"set ClientSecret, Signer or AuthMethod to match", c.cfg.Issuer, methods, wanted)
}

func (c *Client) newProvider(e Endpoints, style oauth2.AuthStyle, advertisesIss bool) *provider {
	return &provider{
		oauth2: &oauth2.Config{
			ClientID:     c.cfg.ClientID,
			ClientSecret: c.cfg.ClientSecret,
			Endpoint:     oauth2.Endpoint{AuthURL: e.Authorization, TokenURL: e.Token, AuthStyle: style},
			RedirectURL:  c.cfg.RedirectURL,
			Scopes:       c.cfg.Scopes,
		},
		userInfo:   e.UserInfo,
		revocation: e.Revocation,
		endSession: e.EndSession,
		needsIss:   advertisesIss || c.cfg.RequireIss,
	}
}
