package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/outbound"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Client logs users in at one identity provider. It is safe for concurrent use; make one
// with New.
type Client struct {
	cfg      Config
	name     string // of the provider and the client
	owner    string // of the same with RedirectURL, in the cookies of logins
	callback string // the path of RedirectURL
	keys     flow.Keys

	http      *http.Client
	metadata  discovery.Client
	providers *providers

	ownKeys  *jwks.RemoteKeys // nil with Config.Keys or Config.UserInfo
	idTokens *jwtauth.IDTokenVerifier[idClaims]
}

// loginFlow is a login that is under way.
type loginFlow = *flow.Flow

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. It asks the provider nothing; Ready does.
func New(cfg Config) (*Client, error) {
	f := httperr.ConfigFaults{Package: pkg}
	cfg.setDefaults()
	cfg.check(&f)
	c := &Client{cfg: cfg, name: nameOf(cfg.Issuer, cfg.ClientID)}
	c.owner = nameOf(c.name, cfg.RedirectURL)
	c.cfg.Scopes, c.cfg.InsecureHTTPHosts = slices.Clone(cfg.Scopes), slices.Clone(cfg.InsecureHTTPHosts)
	c.cfg.AuthParams = maps.Clone(cfg.AuthParams)
	base := cfg.Transport
	if base == nil {
		base = discovery.NewTransport(c.cfg.InsecureHTTPHosts)
	}
	c.http = outbound.NewClient(base, c.cfg.InsecureHTTPHosts)
	c.metadata = discovery.Client{HTTP: discovery.NewHTTPClient(base, c.cfg.InsecureHTTPHosts), HTTPHosts: c.cfg.InsecureHTTPHosts}
	if cfg.UserInfo == nil && f.Len() == 0 {
		c.compileIDTokens(&f)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	var err error
	if c.keys, err = flow.NewKeys(cfg.CookieKeys); err != nil {
		return nil, err
	}
	if u, err := url.Parse(cfg.RedirectURL); err == nil {
		c.callback = u.EscapedPath()
	}
	c.providers = newProviders(c.discover)
	if cfg.Endpoints != (Endpoints{}) {
		style, err := c.authStyle(nil)
		if err != nil {
			return nil, err
		}
		c.providers.read = func(context.Context) (*provider, error) { return c.newProvider(cfg.Endpoints, style, false), nil }
	}
	return c, nil
}

// compileIDTokens sets the verifier of ID tokens. The faults are those that package jwtauth
// finds in settings of the same name.
func (c *Client) compileIDTokens(f *httperr.ConfigFaults) {
	keys := c.cfg.Keys
	if keys == nil {
		remote, err := jwks.NewRemote(jwks.RemoteConfig{
			Issuer: c.cfg.Issuer, Transport: c.cfg.Transport, InsecureHTTPHosts: c.cfg.InsecureHTTPHosts,
		})
		if err != nil {
			f.AddAll("", err)
			return
		}
		c.ownKeys, keys = remote, remote
	}
	var err error
	c.idTokens, err = jwtauth.NewIDToken[idClaims](jwtauth.IDTokenConfig{
		Issuer: c.cfg.Issuer, ClientID: c.cfg.ClientID, Keys: keys, MaxToken: c.cfg.MaxToken,
		LogoutTypes: c.cfg.LogoutTypes, Tenants: c.cfg.Tenants, DangerouslyAnyTenant: c.cfg.DangerouslyAnyTenant,
	})
	before := f.Len()
	f.AddAll("", err)
	for _, err := range f.All()[before:] {
		if e, ok := errors.AsType[*httperr.ConfigError](err); ok {
			e.Field = strings.TrimPrefix(e.Field, "IDTokenConfig.")
		}
	}
}

// nameOf returns a short name for two texts together, such as a provider and a client.
func nameOf(first, second string) string {
	sum := sha256.Sum256([]byte(first + "\n" + second)) // the first has no line end
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Ready reads the metadata and the keys of the provider, unless it has read them. A program can
// call it before it takes requests, or as part of its health check. The error says why logins
// fail: the provider does not answer, or its metadata do not fit Config. A login does the same
// when it is needed.
func (c *Client) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Budget)
	defer cancel()
	if _, err := c.providers.get(ctx); err != nil {
		return err
	}
	if c.ownKeys != nil {
		return c.ownKeys.Ready(ctx)
	}
	return nil
}

// Close cancels a running request for the keys of the provider and waits until it has ended.
// Keys that Config gives stay open. Close always returns nil.
func (c *Client) Close() error {
	if c.ownKeys != nil {
		return c.ownKeys.Close()
	}
	return nil
}
