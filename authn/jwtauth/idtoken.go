package jwtauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// IDTokenConfig configures an IDTokenVerifier. The zero IDTokenConfig is refused.
type IDTokenConfig struct {
	_ [0]func()

	// Issuer is the iss of the ID tokens, compared exactly. With Tenants or
	// DangerouslyAnyTenant it contains {tenantid} once, in its path. Required.
	Issuer string

	// ClientID is the client ID of this application at Issuer: the aud of its ID tokens, or
	// one of several. Required.
	ClientID string

	// Keys is the source of the keys of Issuer. Shared secrets are refused: with HS256 the
	// client secret could sign a login. Required.
	Keys jwks.Source

	// Tenants and DangerouslyAnyTenant are the settings of TrustedIssuer, for an issuer with a
	// tenant in its URL.
	Tenants              []string
	DangerouslyAnyTenant bool

	// RolesClaim and TenantClaim are the settings of TrustedIssuer.
	RolesClaim, TenantClaim string

	// LogoutTypes are the accepted values of typ of logout tokens, without "application/"; ""
	// accepts one without typ. Default: "logout+jwt" alone. A provider that is older than this
	// type writes "JWT" or nothing; events tells its logout tokens from its other tokens.
	LogoutTypes []string

	// MaxLifetime is the longest accepted time from iat to exp. Default: 24 h. A longer one
	// costs little, because Nonce binds an ID token to one login.
	MaxLifetime time.Duration

	// MaxToken is the longest accepted token in bytes, at most 64 KiB. Default: 8 KiB. Raise
	// it for an issuer that writes the groups of a user into ID tokens.
	MaxToken int
}

// IDTokenRequest has the values of one login, with which its ID token must agree.
type IDTokenRequest struct {
	// Nonce is the nonce of the authorization request: the token must have the same one.
	// Required: without it, a token of another login could be injected.
	Nonce string

	// AccessToken is the access token that came with the ID token. An at_hash in the ID token
	// must be that of AccessToken. "" does not check at_hash, for an application that has
	// received an ID token alone.
	AccessToken string

	// LoginSince is the earliest accepted auth_time, and requires auth_time. For max_age it is
	// the time of the authorization request minus max_age; for max_age=0, the time of the
	// request. Default: auth_time is not required.
	LoginSince time.Time

	// ACR are the accepted values of acr. Default: acr is not required.
	ACR []string
}

// IDTokenVerifier verifies the ID tokens of a login (OpenID Connect Core, section 3.1.3.7), and
// the logout tokens of the same issuer. C describes the claims of ID tokens beyond those of
// authn.Principal, such as email. It is safe for concurrent use. It is no authn.Authenticator:
// an ID token tells a client about a login, and gives no access to a service.
type IDTokenVerifier[C any] struct {
	verifier *Verifier[C]
	logout   *logoutVerifier
	clientID string

	nonce, parties, login, acr, accessToken *refusal
}

const (
	idTokenAt     = "IDTokenConfig."
	idTokenLeeway = time.Minute // a nonce is good for one login, so an old token is no danger
)

var errNoNonce = errors.New("jwtauth: IDTokenRequest.Nonce is empty")

// NewIDToken compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError. C is as in NewTyped; use NoClaims for the claims of authn.Principal
// alone.
//
// The typ of an ID token is JWT, or absent. Its aud has ClientID, and its azp is ClientID: a
// token with several audiences must have azp, and any other may. jti is not required. Clocks
// may differ by 60 s.
func NewIDToken[C any](cfg IDTokenConfig) (*IDTokenVerifier[C], error) {
	v, err := newVerifier[C](func(v *verifier, f *httperr.ConfigFaults) {
		v.compileIDTokens(f, &cfg)
		checkLogoutTypes(f, cfg.LogoutTypes)
	})
	if err != nil {
		return nil, err
	}
	logout, err := newLogoutVerifier(&cfg)
	if err != nil {
		return nil, err
	}
	return &IDTokenVerifier[C]{
		verifier:    v,
		logout:      logout,
		clientID:    cfg.ClientID,
		nonce:       newRefusal(ErrClaims, "nonce", "the nonce of the login", ""),
		parties:     newRefusal(ErrClaims, "azp", "there, and aud has several values", ""),
		login:       newRefusal(ErrClaims, "auth_time", "at or after the LoginSince of the login", ""),
		acr:         newRefusal(ErrClaims, "acr", "one of the ACR of the login", ""),
		accessToken: newRefusal(ErrClaims, "at_hash", "the hash of the access token of the login", ""),
	}, nil
}

// compileIDTokens sets the fields of v that do not depend on C, and adds the faults of cfg.
func (v *verifier) compileIDTokens(f *httperr.ConfigFaults, cfg *IDTokenConfig) {
	clientID := cfg.ClientID
	if !claim.Printable(clientID) {
		f.Add(idTokenAt+"ClientID", clientID, "is empty, or has a space, a control character or invalid UTF-8",
			"use the client ID that the issuer gave this application")
		clientID = "-" // adds no second fault
	}
	if cfg.MaxLifetime < 0 {
		f.Add(idTokenAt+"MaxLifetime", cfg.MaxLifetime, "is negative", "use a positive duration, or 0 for 24h0m0s")
	}
	trusted := cfg.trustedIssuer(clientID)
	trusted.Types, trusted.IDTokens = []string{"JWT", ""}, true
	trusted.Require = []ClaimRule{{Claim: "azp", In: []string{clientID}, Optional: true}}
	trusted.OptionalTokenID, trusted.ClientClaim = true, "azp"
	ti := compileIssuer(f, idTokenAt, &trusted, false)
	if ti.secrets {
		f.Add(idTokenAt+"Keys", nil, "is a source of shared secrets: whoever has the client secret could sign a login",
			"let the issuer sign ID tokens with a private key, such as of RS256")
	}
	v.trust(ti)
}

// trustedIssuer returns the settings that ID tokens and logout tokens share.
func (cfg *IDTokenConfig) trustedIssuer(clientID string) TrustedIssuer {
	return TrustedIssuer{
		Issuer:               cfg.Issuer,
		Keys:                 cfg.Keys,
		Audience:             []string{clientID},
		DangerouslyAnyKind:   true, // the nonce or events tells the kind
		RolesClaim:           cfg.RolesClaim,
		TenantClaim:          cfg.TenantClaim,
		Tenants:              cfg.Tenants,
		DangerouslyAnyTenant: cfg.DangerouslyAnyTenant,
		Leeway:               idTokenLeeway,
		MaxLifetime:          cmp.Or(max(0, cfg.MaxLifetime), maxLifetime),
		DangerouslyLongLived: true,
		MaxToken:             cfg.MaxToken,
	}
}

// trust makes ti the one issuer of v.
func (v *verifier) trust(ti *trustedIssuer) {
	v.issuers, v.maxToken, v.maxHeader = []*trustedIssuer{ti}, ti.maxToken, ti.maxHeader
	if !ti.hasTenants {
		v.single = ti
	}
	v.refuse = newRefusal(ErrIssuer, "iss", fmt.Sprintf("%q", ti.iss), idTokenAt+"Issuer")
}

// idTokenSetting returns the field of IDTokenConfig for a setting of TrustedIssuer, or "" if
// there is none.
func idTokenSetting(setting string) string {
	switch {
	case setting == "Audience" || strings.HasPrefix(setting, "Require["):
		return idTokenAt + "ClientID"
	case slices.Contains([]string{"Issuer", "Keys", "LogoutTypes", "MaxLifetime", "MaxToken"}, setting):
		return idTokenAt + setting
	}
	return ""
}

// Verify verifies the ID token of the login that want describes. The Principal of the result
// has its AuthTime and ACR, and ClientID as its ClientID. The errors are those of the Verify
// of a Verifier, and httperr.ErrInternal for a want without Nonce. No part of the token is in
// them, unless a Validate of C puts it there.
func (v *IDTokenVerifier[C]) Verify(ctx context.Context, token string, want IDTokenRequest) (*Token[C], error) {
	if want.Nonce == "" {
		return nil, httperr.ErrInternal.With(errNoNonce)
	}
	if len(token) > v.verifier.maxToken {
		return nil, refuseSize.err
	}
	t, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	var s signedToken
	var out reading
	if err := v.verifier.verifyClaims(ctx, t, len(token), time.Now(), &s, &out); err != nil {
		return nil, err
	}
	if why := v.checkLogin(&s, &out, &want); why != nil {
		return nil, why.err
	}
	out.principal.ClientID = v.clientID
	if err := v.verifier.checkPerRequest(ctx, nil, out.principal, nil); err != nil {
		return nil, err
	}
	noteUnread(ctx, len(out.unread) > 0)
	return out.principal.Detail.(*Token[C]), nil
}

// checkLogin checks the claims that belong to one login, and returns the refusal or nil.
func (v *IDTokenVerifier[C]) checkLogin(s *signedToken, out *reading, want *IDTokenRequest) *refusal {
	raw, ti := &s.raw, s.issuer
	if nonce, ok := strictjson.String(raw[claim.Nonce]); !ok || nonce != want.Nonce {
		return v.nonce
	}
	// The rule about azp has accepted an array too.
	azp, _ := ti.require[0].value(raw)
	audiences, _ := strictjson.Elements(raw[claim.Aud], 1)
	switch {
	case azp == "" && len(audiences) > 1:
		return v.parties
	case azp != "" && azp[0] != '"':
		return ti.require[0].refuse
	}
	switch authTime := out.times.authTime; {
	case want.LoginSince.IsZero():
	case authTime.IsZero():
		return ti.refuse.missing[claim.AuthTime]
	case authTime.Before(want.LoginSince.Add(-ti.leeway)):
		return v.login
	}
	if len(want.ACR) > 0 && !slices.Contains(want.ACR, out.principal.ACR) {
		return v.acr
	}
	if hash := raw[claim.AtHash]; want.AccessToken != "" && hash != "" && hash != "null" {
		if got, ok := strictjson.String(hash); !ok || got != jwa.HalfHash(s.key.Algorithm(), want.AccessToken) {
			return v.accessToken
		}
	}
	return nil
}
