package idp

import (
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Okta accepts the access tokens of a custom authorization server. domain is the domain of the
// organisation, such as "dev-1.okta.com" or a custom domain; server is the ID of the
// authorization server, such as "default"; audience is its Audience, such as "api://default".
//
// Kind: only access tokens have cid, the client ID.
//
// Opens: Types (no typ, or JWT, as in ID tokens).
//
// The access policy sets the lifetime, 1 h by default; set MaxLifetime for a longer lifetime.
// Groups are in a token only after a groups claim was added to the authorization server: set
// RolesClaim to the name of that claim.
func Okta(domain, server, audience string) jwtauth.TrustedIssuer {
	issuer := "https://" + domain + "/oauth2/" + server
	return okta(issuer, issuer+"/v1/keys", audience)
}

// OktaOrg accepts the access tokens of the org authorization server, which every organisation
// has, also without the product API Access Management. All tokens of this server have the
// domain as their audience, whichever application they are for. That is why client and clients
// must list the applications whose tokens are accepted. Okta made these tokens for its own API
// and may change their form; prefer the function Okta.
//
// Kind: only access tokens have cid.
//
// Opens: as Okta.
func OktaOrg(domain, client string, clients ...string) jwtauth.TrustedIssuer {
	issuer := "https://" + domain
	t := okta(issuer, issuer+"/oauth2/v1/keys", issuer)
	t.Clients = append([]string{client}, clients...)
	return t
}

func okta(issuer, keys, audience string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:      issuer,
		Keys:        jwks.Remote(keys),
		Audience:    []string{audience},
		Types:       []string{"", "JWT"}, // Okta writes no typ
		Kind:        []jwtauth.ClaimRule{{Claim: "cid"}},
		ScopeClaim:  "scp",
		ClientClaim: "cid",
	}
}
