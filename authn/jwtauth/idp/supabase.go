package idp

import (
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Supabase accepts the tokens of signed-in users of a project with asymmetric signing keys.
// project is the reference of the project, as in https://<project>.supabase.co; for a custom
// domain, change Issuer and Keys.
//
// Kind: role is authenticated. The keys for the roles anon and service_role are refused.
//
// Opens: Types (JWT, as in these keys), OptionalTokenID (no token has a jti, so Config.Revoked
// cannot revoke a single one).
//
// Two rules in Require refuse tokens that are for the role authenticated as well. Anonymous
// users have is_anonymous. Applications of other parties, which a user let in by the OAuth server
// of the project, have client_id. Remove a rule to accept its tokens, or accept some applications
// with ClaimRule{Claim: "client_id", In: ids, Optional: true}.
//
// A project that still signs with the shared secret needs
// jwks.InsecureSharedSecrets as Keys; prefer to migrate its keys.
func Supabase(project string) jwtauth.TrustedIssuer {
	issuer := "https://" + project + ".supabase.co/auth/v1"
	return jwtauth.TrustedIssuer{
		Issuer:   issuer,
		Keys:     jwks.Remote(issuer + "/.well-known/jwks.json"),
		Audience: []string{"authenticated"},
		Types:    []string{"JWT"},
		Kind:     []jwtauth.ClaimRule{{Claim: "role", In: []string{"authenticated"}}},
		Require: []jwtauth.ClaimRule{
			{Claim: "is_anonymous", In: []string{"false"}, Optional: true},
			{Claim: "client_id", Absent: true},
		},
		OptionalTokenID: true,
	}
}
