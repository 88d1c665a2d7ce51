package idp

import (
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Auth0 accepts the access tokens of an API whose "JSON Web Token (JWT) Profile" is Auth0, the
// default. domain is the domain in the iss of your tokens: the domain of the tenant, such as
// "tenant.eu.auth0.com", or its custom domain. audience is the Identifier of the API, never a
// client ID.
//
// Kind: an access token has scope, permissions or gty; an ID token has none of them.
//
// Opens: Types (JWT, as in ID tokens), OptionalTokenID (no token has a jti, so Config.Revoked
// cannot revoke a single one), MaxLifetime (24 h, the default of an API).
//
// With role-based access control the permissions of the user are in the claim permissions. To
// read this claim, set RolesClaim to "permissions".
func Auth0(domain, audience string) jwtauth.TrustedIssuer {
	t := auth0(domain, audience)
	t.Types = []string{"JWT"}
	t.Kind = []jwtauth.ClaimRule{{Claim: "scope"}, {Claim: "permissions"}, {Claim: "gty"}}
	t.OptionalTokenID = true
	t.ClientClaim = "azp"
	return t
}

// Auth0RFC9068 accepts the access tokens of an API whose "JSON Web Token (JWT) Profile" is RFC
// 9068. Prefer this profile for a new API: its tokens have a typ of their own and a jti. The
// arguments and permissions are as for Auth0.
//
// Kind: typ in the header is at+jwt.
//
// Opens: MaxLifetime (24 h, the default of an API).
func Auth0RFC9068(domain, audience string) jwtauth.TrustedIssuer { return auth0(domain, audience) }

func auth0(domain, audience string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:      "https://" + domain + "/",
		Keys:        jwks.Remote("https://" + domain + "/.well-known/jwks.json"),
		Audience:    []string{audience},
		MaxLifetime: 24 * time.Hour,
	}
}
