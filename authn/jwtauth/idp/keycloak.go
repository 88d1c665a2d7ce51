package idp

import (
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Keycloak accepts the access tokens of a realm. issuer is the URL of the realm, such as
// "https://sso.example/realms/staff". It must be the iss of the tokens, which Keycloak builds
// from its hostname settings. audience is the client ID of this service. Keycloak writes this
// client ID into aud only after an Audience mapper was added to a client scope. Never pass
// "account": every new realm writes it into aud.
//
// Kind: the claim typ is Bearer. Keycloak writes ID, Refresh, Offline and Logout into its
// other tokens.
//
// Opens: Types (JWT, as in ID, refresh and logout tokens).
//
// Realm roles become roles. For the roles of one client set RolesClaim to
// "/resource_access/my-client/roles". To reach Keycloak by plain http inside a cluster, replace
// Keys by a source from jwks.NewRemote with InsecureHTTPHosts.
func Keycloak(issuer, audience string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:      issuer,
		Keys:        jwks.Remote(issuer + "/protocol/openid-connect/certs"),
		Audience:    []string{audience},
		Types:       []string{"JWT", "at+jwt"}, // at+jwt with the setting "Use at+jwt as access token header type"
		Kind:        []jwtauth.ClaimRule{{Claim: "typ", In: []string{"Bearer"}}},
		RolesClaim:  "realm_access.roles",
		ClientClaim: "azp",
	}
}
