package idp

import (
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const firebaseKeys = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"

// Firebase accepts the ID tokens of users of a Firebase project, which Firebase uses in the
// place of access tokens. project is the project ID.
//
// Kind: only ID tokens of users have the claim firebase. Session cookies, App Check tokens
// and custom tokens have other issuers.
//
// Opens: Types (JWT), OptionalTokenID (no token has a jti, so Config.Revoked cannot revoke
// a single one), IDTokens (nonce, at_hash and c_hash).
//
// Anonymous users are refused; set Require to nil to accept them. With multi-tenancy, set
// TenantClaim to "firebase.tenant". Custom claims are at the top of a token: set RolesClaim to
// one of them.
func Firebase(project string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:          "https://securetoken.google.com/" + project,
		Keys:            jwks.Remote(firebaseKeys),
		Audience:        []string{project},
		Types:           []string{"JWT"},
		Kind:            []jwtauth.ClaimRule{{Claim: "firebase"}},
		Require:         []jwtauth.ClaimRule{{Claim: "firebase.sign_in_provider", NotIn: []string{"anonymous"}}},
		IDTokens:        true,
		OptionalTokenID: true,
	}
}
