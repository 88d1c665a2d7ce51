package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// Metadata is the part of the metadata of an issuer that packages below authn use. A
// member is empty if the metadata does not have it, or has it with another type. The URLs
// are as the issuer wrote them: check each with Client.CheckURL before its first use.
type Metadata struct {
	Issuer                        string
	JWKSURI                       string
	AuthorizationEndpoint         string
	TokenEndpoint                 string
	UserInfoEndpoint              string   // OpenID Connect Core, section 5.3
	RevocationEndpoint            string   // RFC 7009
	EndSessionEndpoint            string   // OpenID Connect RP-Initiated Logout 1.0, section 2.1
	CodeChallengeMethodsSupported []string // RFC 8414, section 2
	TokenAuthMethods              []string // token_endpoint_auth_methods_supported (RFC 8414, section 2)
	SupportsIssuerParameter       bool     // authorization_response_iss_parameter_supported (RFC 9207, section 3)
	RequiresPushedRequests        bool     // require_pushed_authorization_requests (RFC 9126, section 5)
}

const (
	memberIssuer = iota
	memberJWKS
	memberAuthorization
	memberToken
	memberEndSession
	memberChallenges
	memberIssuerParameter
	memberUserInfo
	memberRevocation
	memberAuthMethods
	memberPushedRequests
	memberCount
)

var metadataIndex = strictjson.NewIndex([]string{
	"issuer", "jwks_uri", "authorization_endpoint", "token_endpoint", "end_session_endpoint",
	"code_challenge_methods_supported", "authorization_response_iss_parameter_supported",
	"userinfo_endpoint", "revocation_endpoint", "token_endpoint_auth_methods_supported", "require_pushed_authorization_requests",
})

// A Client reads metadata.
type Client struct {
	HTTP      *http.Client // a result of NewHTTPClient
	HTTPHosts []string     // the hosts for which http is accepted beside loopback addresses
}

// IssuerFault returns the reason and the fix of a fault in the URL of an issuer whose
// metadata are to be read. Both are "" if the URL has no fault.
func IssuerFault(issuer string, httpHosts []string) (reason, fix string) {
	reason, fix = claim.URLFault(issuer, httpHosts...)
	if reason == "" && strings.Contains(issuer, "?") {
		reason, fix = "has a query", "leave it out (RFC 8414, section 2), or configure the URL of the keys"
	}
	return reason, fix
}

// Read returns the metadata of an issuer, a URL without fault. It reads OpenID Connect
// Discovery first and, if its answer is 404, RFC 8414. ctx bounds the time for both.
func (c Client) Read(ctx context.Context, issuer string) (Metadata, error) {
	text, err := c.read(ctx, openIDURL(issuer))
	if status, ok := errors.AsType[StatusError](err); ok && status == http.StatusNotFound {
		text, err = c.read(ctx, oauthURL(issuer))
	}
	if err != nil {
		return Metadata{}, err
	}
	return parse(text, issuer)
}

func (c Client) read(ctx context.Context, target string) (string, error) {
	body, _, err := Get(ctx, c.HTTP, target, "application/json")
	if err != nil {
		return "", fmt.Errorf("metadata at %s: %w", target, err)
	}
	return string(body), nil
}

// openIDURL returns the URL of the metadata by OpenID Connect Discovery 1.0, section 4.
func openIDURL(issuer string) string {
	return strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
}

// oauthURL returns the URL of the metadata by RFC 8414, section 3: the well-known path
// stands before the path of the issuer.
func oauthURL(issuer string) string {
	const path = "/.well-known/oauth-authorization-server"
	scheme, rest, _ := strings.Cut(issuer, "://")
	host, tail, _ := strings.Cut(rest, "/")
	if tail = strings.TrimSuffix(tail, "/"); tail != "" {
		tail = "/" + tail
	}
	return scheme + "://" + host + path + tail
}

// parse reads the metadata and compares its issuer with the configured one (OpenID Connect
// Discovery 1.0, section 4.3; RFC 8414, section 3.3).
func parse(text, issuer string) (Metadata, error) {
	var raw [memberCount]string
	if err := metadataIndex.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers}, raw[:]); err != nil {
		return Metadata{}, fmt.Errorf("metadata of %s: %w", issuer, err)
	}
	str := func(member int) string {
		s, _ := strictjson.String(raw[member])
		return strings.Clone(s) // do not keep the whole text in memory
	}
	m := Metadata{
		Issuer:                  str(memberIssuer),
		JWKSURI:                 str(memberJWKS),
		AuthorizationEndpoint:   str(memberAuthorization),
		TokenEndpoint:           str(memberToken),
		UserInfoEndpoint:        str(memberUserInfo),
		RevocationEndpoint:      str(memberRevocation),
		EndSessionEndpoint:      str(memberEndSession),
		SupportsIssuerParameter: raw[memberIssuerParameter] == "true",
		RequiresPushedRequests:  raw[memberPushedRequests] == "true",
	}
	list := func(member int) (all []string) {
		elements, _ := strictjson.Strings(raw[member])
		for _, s := range elements {
			all = append(all, strings.Clone(s))
		}
		return all
	}
	m.CodeChallengeMethodsSupported, m.TokenAuthMethods = list(memberChallenges), list(memberAuthMethods)
	if m.Issuer != issuer {
		return Metadata{}, issuerError(m.Issuer, issuer)
	}
	return m, nil
}

// issuerError says how the issuer in the metadata differs from the configured one.
func issuerError(got, want string) error {
	const fault = "metadata of %s: the issuer in it is %.200q; "
	switch {
	case got == "":
		return fmt.Errorf("metadata of %s: has no issuer (RFC 8414, section 3.3); configure the URL of the keys instead", want)
	case strings.TrimSuffix(got, "/") == strings.TrimSuffix(want, "/"):
		return fmt.Errorf(fault+"configure exactly that, for a slash at the end counts", want, got)
	}
	return fmt.Errorf(fault+"configure exactly that, if it is the issuer that you trust and the iss of its tokens", want, got)
}

// CheckURL checks a URL from the metadata of an issuer. name is the name of its member. The
// error does not contain the URL. An issuer with https cannot send the client to a loopback
// address over http.
func (c Client) CheckURL(issuer, name, target string) error {
	reason, fix := claim.URLFault(target, c.HTTPHosts...)
	from, errFrom := url.Parse(issuer)
	to, errTo := url.Parse(target)
	switch {
	case target == "":
		reason, fix = "is missing", "ask the issuer for it, and configure it without discovery"
	case reason != "" || errFrom != nil || errTo != nil:
	case from.Scheme == "https" && to.Scheme == "http" && !claim.IsHost(to.Hostname(), c.HTTPHosts):
		reason, fix = "is http on this machine, and the issuer is not", "let the issuer publish a URL with https"
	}
	if reason == "" {
		return nil
	}
	return fmt.Errorf("metadata of %s: %s: %s; %s", issuer, name, reason, fix)
}
