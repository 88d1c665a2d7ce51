package oauth

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
)

// Config configures a Client: one application at one identity provider. The zero Config is
// refused.
type Config struct {
	_ [0]func()

	// Issuer is the URL of the provider, exactly as in its metadata and in the iss of its ID
	// tokens: a slash at the end counts. Without Endpoints, its metadata (OpenID Connect
	// Discovery 1.0, or RFC 8414) name the endpoints. It is https, or http on a loopback
	// address. Issuer is half of the Identity of each user, so it must never change. Required.
	Issuer string

	// ClientID is the ID of this application at the provider. Required.
	ClientID string

	// ClientSecret is the secret of this application at the provider. Signer signs assertions
	// in its place (private_key_jwt). One of them is required, unless AuthMethod is "none".
	ClientSecret string
	Signer       *jwtissuer.AssertionSigner

	// AuthMethod is the way in which ClientSecret is sent: client_secret_basic,
	// client_secret_post, or "none" for a client without a secret. Default: client_secret_basic
	// if the metadata of the provider list it or list nothing, otherwise client_secret_post.
	// The token endpoint is never asked twice to find out.
	AuthMethod string

	// RedirectURL is the address of ServeCallback, as it is registered at the provider. Each
	// provider needs a path of its own, so that no answer of one can be taken for an answer
	// of another. It is https, or http on a loopback address, without a query. Required.
	RedirectURL string

	// CookieKeys are secrets of 32 random bytes or more, the same in all processes. The first
	// one seals the cookies of new logins; the others still open older ones. To replace a
	// key, add the new one at the end. When all processes have it, move it to the front. Ten
	// minutes later, remove the old one. Required.
	CookieKeys [][]byte

	// OnLogin is called once for each login, when all is verified. It finds or creates the
	// account of (Issuer, Subject), ends the session that PreviousSID names, and sets the
	// cookie of a new session. It writes no body and no status: the Client writes the page
	// that follows. An error is answered by Deny. Required.
	OnLogin func(w http.ResponseWriter, r *http.Request, id Identity) error

	// SID returns a text that names the session of r, or "" without a live session. OnLogin
	// gets the text as Identity.PreviousSID and ends that session. With package session it is
	// the ID and the subject, because Sessions.Revoke needs both. SID is called at the start
	// of a login, because a cookie with SameSite=Strict does not come with the callback, and
	// no cookie of a session comes with FormPost. It is called again for a callback that
	// belongs to no login. At most 256 bytes of valid UTF-8. Default: no sessions.
	SID func(r *http.Request) string

	// Scopes are the requested scopes. Default: openid; with UserInfo, no scope.
	Scopes []string

	// AuthParams are further parameters of the authorization request, such as hd, audience or
	// access_type. Parameters that the Client sets itself are refused.
	AuthParams map[string]string

	// FormPost asks the provider to answer by a POST from its own page (response_mode=form_post),
	// as Apple demands with the scopes email and name. The cookie of the login then has
	// SameSite=None. An outer layer must not refuse the cross-origin POST to RedirectURL.
	FormPost bool

	// RequireIss refuses authorization responses without iss (RFC 9207), which tells two
	// providers apart. Default: required where the metadata advertise it. A wrong iss is always
	// refused.
	RequireIss bool

	// Endpoints are the URLs of a provider without metadata. Default: discovery.
	Endpoints Endpoints

	// Keys is the source of the keys of the ID tokens. Default: jwks.NewRemote for Issuer,
	// which discovers them. Required beside Endpoints, except with UserInfo.
	Keys jwks.Source

	// Tenants and DangerouslyAnyTenant are the settings of jwtauth.TrustedIssuer, for an Issuer
	// with {tenantid} in its path. The metadata of such a provider are not below Issuer, so
	// they need Endpoints and Keys.
	Tenants              []string
	DangerouslyAnyTenant bool

	// MaxToken is the longest accepted ID token in bytes, at most 64 KiB. Default: 8 KiB.
	MaxToken int

	// AskUserInfo asks the UserInfo endpoint after the ID token is verified, for a provider
	// that keeps e-mail and name out of its ID tokens. Its sub must equal the sub of the ID token.
	// It costs one request for each login.
	AskUserInfo bool

	// UserInfo returns the user, for a provider with plain OAuth 2.0 and without ID tokens,
	// such as GitHub. client sends the access token with each request, follows no redirect, and
	// reads at most 1 MiB. Subject is an ID that never changes and is never given to another
	// user, such as a number, and no login name. Default: OpenID Connect.
	UserInfo func(ctx context.Context, client *http.Client) (Profile, error)

	// OnLogout ends the sessions that l names, for ServeBackChannelLogout. In most cases it calls
	// RevokeUpstream of package session, whose Login.Upstream then has the Issuer, SID and
	// Subject of each Identity. It may be called twice for one logout. An error is answered with
	// 503, and the provider tries again later. Default: no back-channel logout.
	OnLogout func(ctx context.Context, l Logout) error

	// Logouts remembers logouts, so that no logout token is used twice, and no login that is
	// under way finishes after its logout. All processes share it: package authn/redisstore has
	// one, and logoutstore.Memory is for one process. It costs a login two to four calls. While
	// it fails, logins are answered with 503. Required with OnLogout.
	Logouts logoutstore.Store

	// LogoutTypes are the accepted values of typ of logout tokens; "" accepts one without typ.
	// Default: logout+jwt alone. Older providers write JWT, or nothing.
	LogoutTypes []string

	// AfterLogoutURL is the page to which the provider leads the browser after LogoutURL, as it
	// is registered there (post_logout_redirect_uri). Default: the provider shows a page.
	AfterLogoutURL string

	// StartPath is the path of ServeStart on this host, for the links of error pages.
	// Default: /login.
	StartPath string

	// DefaultPage is the page after a login whose return_to is missing or refused. Default: /.
	DefaultPage string

	// Budget is the time for all requests to the provider that one request of a browser
	// causes, 1 s to 1 min. Default: 10 s.
	Budget time.Duration

	// Transport and InsecureHTTPHosts are the settings of jwks.RemoteConfig, for all requests
	// to the provider.
	Transport         http.RoundTripper
	InsecureHTTPHosts []string

	// Deny answers a refused request. Default: a page with a link to StartPath for ErrFlow,
	// ErrDenied and ErrResponse, which a user can meet; httperr.Write for all others.
	Deny func(http.ResponseWriter, *http.Request, error)
}

// Endpoints are the URLs of a provider, each https, or http on a loopback address.
type Endpoints struct {
	Authorization string // required
	Token         string // required
	UserInfo      string // required with Config.AskUserInfo
	Revocation    string // for Client.Revoke
	EndSession    string // for Client.LogoutURL
}

const (
	pkg           = "oauth"
	defaultBudget = 10 * time.Second

	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
	methodJWT   = "private_key_jwt"
	methodNone  = "none"

	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523, section 2.2
)

// setDefaults sets the defaults that do not depend on the provider.
func (cfg *Config) setDefaults() {
	cfg.StartPath = cmp.Or(cfg.StartPath, "/login")
	cfg.DefaultPage = cmp.Or(cfg.DefaultPage, "/")
	cfg.Budget = cmp.Or(cfg.Budget, defaultBudget)
	if cfg.SID == nil {
		cfg.SID = func(*http.Request) string { return "" }
	}
	if len(cfg.Scopes) == 0 && cfg.UserInfo == nil {
		cfg.Scopes = []string{scopeOpenID}
	}
}
