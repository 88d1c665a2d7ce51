package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/seal"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

const scopeOpenID = "openid"

// ownParams are the parameters of the authorization request that the Client sets itself, or
// that would change how the answer comes.
var ownParams = []string{
	"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"max_age", "acr_values", "request", "request_uri", "id_token_hint",
}

// check adds the faults of cfg that do not depend on another package.
func (cfg *Config) check(f *httperr.ConfigFaults) {
	cfg.checkIssuer(f)
	if !claim.Printable(cfg.ClientID) {
		f.Add("ClientID", cfg.ClientID, "is empty, or has a space, a control character or invalid UTF-8",
			"use the client ID that the provider gave this application")
	}
	cfg.checkSecret(f)
	cfg.checkPages(f)
	seal.Check(f, "CookieKeys", cfg.CookieKeys)
	if cfg.OnLogin == nil {
		f.Add("OnLogin", nil, "is nil", "start a session for the Identity, such as with session.Cookie")
	}
	cfg.checkScopes(f)
	cfg.checkProvider(f)
	cfg.checkLogout(f)
	if cfg.Budget < time.Second || cfg.Budget > time.Minute {
		f.Add("Budget", cfg.Budget, "is not between 1s and 1m0s", "leave it out for 10s")
	}
	if cfg.Transport != nil && nilcheck.Nil(cfg.Transport) {
		f.Add("Transport", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	}
	discovery.CheckHosts(f, "InsecureHTTPHosts", cfg.InsecureHTTPHosts)
}

func (cfg *Config) checkIssuer(f *httperr.ConfigFaults) {
	reason, fix := discovery.IssuerFault(cfg.Issuer, cfg.InsecureHTTPHosts)
	switch tenants := strings.Contains(cfg.Issuer, claim.TenantMark); {
	case reason != "":
		f.Add("Issuer", nil, reason, fix)
	case tenants && cfg.Endpoints == (Endpoints{}):
		f.Add("Endpoints", nil, "is empty, and the metadata of an Issuer with "+claim.TenantMark+" cannot be found",
			"set Endpoints and Keys, or use the Issuer of one tenant")
	case tenants && cfg.UserInfo != nil:
		f.Add("Issuer", cfg.Issuer, "has "+claim.TenantMark+", which only an ID token can fill", "write one issuer, or leave out UserInfo")
	}
}

func (cfg *Config) checkSecret(f *httperr.ConfigFaults) {
	ways := 0
	for _, set := range []bool{cfg.ClientSecret != "", cfg.Signer != nil, cfg.AuthMethod == methodNone} {
		if set {
			ways++
		}
	}
	switch {
	case !slices.Contains([]string{"", methodBasic, methodPost, methodNone}, cfg.AuthMethod):
		f.Add("AuthMethod", cfg.AuthMethod, "is not client_secret_basic, client_secret_post or none",
			"leave it out; set Signer for private_key_jwt")
	case ways == 0:
		f.Add("ClientSecret", nil, "is empty, and Signer is nil", `set one of them, or AuthMethod to "none" for a client without a secret`)
	case ways > 1, cfg.Signer != nil && cfg.AuthMethod != "":
		f.Add("ClientSecret", nil, "stands beside Signer or an AuthMethod that does not use it",
			"set ClientSecret or Signer, and no AuthMethod beside Signer")
	}
}

func (cfg *Config) checkPages(f *httperr.ConfigFaults) {
	u, err := url.Parse(cfg.RedirectURL)
	reason, _ := claim.URLFault(cfg.RedirectURL)
	switch {
	case reason != "":
		f.Add("RedirectURL", nil, reason, "write the address of ServeCallback, such as https://app.example/login/callback")
	case err != nil || strings.Contains(cfg.RedirectURL, "?"):
		f.Add("RedirectURL", cfg.RedirectURL, "has a query", "use a path of its own for each provider")
	case !isLocalPage(u.EscapedPath()):
		f.Add("RedirectURL", cfg.RedirectURL, "has no path that every browser reads alike",
			"write it like https://app.example/login/callback")
	case pathOf(cfg.StartPath) == u.EscapedPath():
		f.Add("StartPath", cfg.StartPath, "is the path of RedirectURL, so the link of an error page would begin no login",
			"set it to the path of ServeStart")
	case pathOf(cfg.DefaultPage) == pathOf(cfg.StartPath) || pathOf(cfg.DefaultPage) == u.EscapedPath():
		f.Add("DefaultPage", cfg.DefaultPage, "is a page of the login, so a login would begin after each login",
			"use a page behind the login")
	}
	for _, page := range [...]struct{ name, path string }{{"StartPath", cfg.StartPath}, {"DefaultPage", cfg.DefaultPage}} {
		if !isLocalPage(page.path) {
			f.Add(page.name, page.path, "is no path on this host, or browsers read it in another way", `write it like "/login"`)
		}
	}
}

func pathOf(page string) string { return page[:strings.IndexAny(page+"?", "?#")] }

func (cfg *Config) checkScopes(f *httperr.ConfigFaults) {
	for i, s := range cfg.Scopes {
		if !field.Scope(s) {
			f.Add(fmt.Sprintf("Scopes[%d]", i), s, "is no scope (RFC 6749, section 3.3)", "write each scope as an element of its own")
		}
	}
	switch hasOpenID := slices.Contains(cfg.Scopes, scopeOpenID); {
	case cfg.UserInfo == nil && !hasOpenID:
		f.Add("Scopes", strings.Join(cfg.Scopes, " "), "does not have openid, so the provider gives no ID token",
			"add openid, or set UserInfo for a provider without OpenID Connect")
	case cfg.UserInfo != nil && hasOpenID:
		f.Add("Scopes", strings.Join(cfg.Scopes, " "), "has openid, and with UserInfo the ID token is not read",
			"leave out UserInfo, or openid for a provider without OpenID Connect")
	}
	for name := range cfg.AuthParams {
		if name == "" || slices.Contains(ownParams, name) {
			f.Add("AuthParams", name, "is a parameter of the Client, or empty", "use the field of Config or of Request for it")
		}
	}
}

func (cfg *Config) checkLogout(f *httperr.ConfigFaults) {
	switch {
	case cfg.OnLogout == nil && (cfg.Logouts != nil || len(cfg.LogoutTypes) > 0):
		f.Add("OnLogout", nil, "is nil, so Logouts and LogoutTypes have no effect",
			"end the sessions of the Logout, such as with RevokeUpstream of package session")
	case cfg.OnLogout == nil:
	case nilcheck.Nil(cfg.Logouts):
		f.Add("Logouts", nil, "is nil, so a logout token could be used twice",
			"use authn/redisstore, or logoutstore.Memory for one process")
	case cfg.UserInfo != nil:
		f.Add("OnLogout", nil, "stands beside UserInfo, and logout tokens are a part of OpenID Connect", "leave out one of them")
	}
	if reason, fix := claim.URLFault(cfg.AfterLogoutURL); cfg.AfterLogoutURL != "" && reason != "" {
		f.Add("AfterLogoutURL", nil, reason, fix)
	}
}

// checkProvider checks the settings that go together.
func (cfg *Config) checkProvider(f *httperr.ConfigFaults) {
	if cfg.UserInfo != nil && (cfg.AskUserInfo || cfg.Keys != nil || cfg.Tenants != nil || cfg.DangerouslyAnyTenant) {
		f.Add("UserInfo", nil, "stands beside settings for ID tokens, which are not read then",
			"leave out UserInfo, or AskUserInfo, Keys and Tenants")
	}
	if cfg.Endpoints == (Endpoints{}) {
		return
	}
	if cfg.UserInfo == nil && cfg.Keys == nil {
		f.Add("Keys", nil, "is nil, and with Endpoints the keys are not discovered",
			"use jwks.Remote with the URL of the keys, or set UserInfo")
	}
	for _, e := range [...]struct {
		name, url string
		required  bool
	}{
		{"Authorization", cfg.Endpoints.Authorization, true},
		{"Token", cfg.Endpoints.Token, true},
		{"UserInfo", cfg.Endpoints.UserInfo, cfg.AskUserInfo},
		{"Revocation", cfg.Endpoints.Revocation, false},
		{"EndSession", cfg.Endpoints.EndSession, false},
	} {
		if reason, fix := claim.URLFault(e.url, cfg.InsecureHTTPHosts...); reason != "" && (e.required || e.url != "") {
			f.Add("Endpoints."+e.name, nil, reason, fix)
		}
	}
}
