package idp

import (
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// Cognito accepts the access tokens of a user pool of Amazon Cognito. region is a region
// such as "eu-central-1", userPool is the ID of the pool, such as "eu-central-1_AbCdEf123".
// client and clients are the app client IDs whose tokens are accepted: Cognito writes no
// aud, so the claim client_id takes the place of aud. A token with aud is accepted only if
// aud is one of these client IDs.
//
// Kind: token_use is access.
//
// Opens: Types (no typ, or JWT, as in ID tokens), AudienceFallback (client_id; a client has one
// token for all its services, so check in scope that the token is for this one).
//
// Groups become roles. Custom scopes are in scope. The tokens of a client with a longer
// lifetime than 1 h need MaxLifetime.
func Cognito(region, userPool, client string, clients ...string) jwtauth.TrustedIssuer {
	t := cognito(region, userPool, "access", append([]string{client}, clients...))
	t.AudienceFallback = "client_id"
	return t
}

// CognitoID accepts the ID tokens of a user pool, for a service that needs the attributes of
// the user in the token and belongs to the application that logs the user in. Prefer Cognito:
// an ID token has no scopes.
//
// Kind: token_use is id.
//
// Opens: Types (no typ, or JWT, as in access tokens), IDTokens (nonce, at_hash and c_hash).
func CognitoID(region, userPool, client string, clients ...string) jwtauth.TrustedIssuer {
	t := cognito(region, userPool, "id", append([]string{client}, clients...))
	t.IDTokens = true
	return t
}

func cognito(region, userPool, use string, clients []string) jwtauth.TrustedIssuer {
	issuer := "https://cognito-idp." + region + ".amazonaws.com/" + userPool
	return jwtauth.TrustedIssuer{
		Issuer:     issuer,
		Keys:       jwks.Remote(issuer + "/.well-known/jwks.json"),
		Audience:   clients,
		Types:      []string{"", "JWT"}, // Cognito writes no typ
		Kind:       []jwtauth.ClaimRule{{Claim: "token_use", In: []string{use}}},
		RolesClaim: "cognito:groups",
	}
}
