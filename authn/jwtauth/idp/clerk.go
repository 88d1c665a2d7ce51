package idp

import (
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Clerk accepts the session tokens of an instance. issuer is its Frontend API URL, such as
// "https://clerk.example.com". origin and origins are the origins of the front ends, such as
// "https://app.example.com": Clerk writes no aud, so the claim azp, which is the origin, takes
// the place of aud. A token with aud is accepted only if aud is one of the origins.
//
// Kind: only session tokens have sid. A token that was made by a JWT template has no sid.
//
// Opens: Types (JWT, as in the tokens of JWT templates), AudienceFallback (azp; a front end has
// one session token for all its services).
//
// Sessions with the status pending, of a user who still has a task such as setting up a second
// factor, are refused, as the SDKs of Clerk treat them as signed out; set Require to nil to accept
// them.
//
// For roles of an organisation, set RolesClaim to "o.rol", and TenantClaim to "o.id" (version
// 2 of the tokens).
func Clerk(issuer, origin string, origins ...string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:           issuer,
		Keys:             jwks.Remote(issuer + "/.well-known/jwks.json"),
		Audience:         append([]string{origin}, origins...),
		AudienceFallback: "azp",
		Types:            []string{"JWT"},
		Kind:             []jwtauth.ClaimRule{{Claim: "sid"}},
		Require:          []jwtauth.ClaimRule{{Claim: "sts", In: []string{"active"}, Optional: true}}, // version 1 has no sts
		ClientClaim:      "",                                                                          // azp is the audience
	}
}
