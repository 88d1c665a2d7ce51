package idp

import (
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const entraHost = "https://login.microsoftonline.com/"

// Entra accepts the access tokens of version 2.0 that users of one tenant of Microsoft Entra ID
// have granted to an application. tenant is the Directory (tenant) ID, a UUID in lower case.
// audience is the Application (client) ID of this service. The service gets tokens of version
// 2.0 if requestedAccessTokenVersion is 2 in the manifest of its application.
//
// Kind: only access tokens of users have scp.
//
// Opens: Types (JWT, as in ID tokens), OptionalTokenID (no token has a jti, so Config.Revoked
// cannot revoke a single one), MaxLifetime (95 min; Entra chooses 60 to 90 min for each token, and
// sets iat 5 min into the past), MaxToken (32 KiB; a token with many groups is longer than 8 KiB).
//
// Principal.Subject is the sub of the token, which is different for each application; the
// claim oid is the same for all of them. App roles are read from roles.
func Entra(tenant, audience string) jwtauth.TrustedIssuer {
	return entraV2(tenant, tenant, audience)
}

// EntraMultiTenant accepts the tokens that Entra accepts, from each of the tenants. With no
// tenant, New refuses the settings unless DangerouslyAnyTenant is set. Principal.Tenant is the
// tenant of the user; identify users by Issuer and Subject, which differ between tenants.
//
// Kind: only access tokens of users have scp.
//
// Opens: as Entra.
//
// After the signature is verified, tid must be the tenant in iss. The keys come from the common
// key set, and a key that names an issuer is used for that issuer only.
func EntraMultiTenant(audience string, tenants ...string) jwtauth.TrustedIssuer {
	t := entraV2("{tenantid}", "common", audience)
	t.Tenants = tenants
	return t
}

func entraV2(tenant, keys, audience string) jwtauth.TrustedIssuer {
	t := entra(entraHost+tenant+"/v2.0", entraHost+keys+"/discovery/v2.0/keys", audience)
	t.ClientClaim = "azp"
	return t
}

// EntraV1 accepts the access tokens of version 1.0, which an application gets if its manifest
// does not ask for version 2. audience is the Application ID URI, such as "api://…", or the
// client ID. Otherwise it is as Entra.
//
// Kind: only access tokens of users have scp.
//
// Opens: as Entra.
func EntraV1(tenant, audience string) jwtauth.TrustedIssuer {
	t := entra("https://sts.windows.net/"+tenant+"/", entraHost+tenant+"/discovery/keys", audience)
	t.ClientClaim = "appid"
	return t
}

func entra(issuer, keys, audience string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:          issuer,
		Keys:            jwks.Remote(keys),
		Audience:        []string{audience},
		Types:           []string{"JWT"},
		Kind:            []jwtauth.ClaimRule{{Claim: "scp"}},
		OptionalTokenID: true,
		ScopeClaim:      "scp",
		RolesClaim:      "roles",
		TenantClaim:     "tid",
		MaxLifetime:     95 * time.Minute,
		MaxToken:        32 << 10,
	}
}

// EntraAppRoles turns the settings of Entra, EntraV1 or EntraMultiTenant into settings for the
// tokens that applications get for themselves (client credentials) in place of the tokens of
// users. A token must have one of the app roles. Without such a check every application of
// the tenant can get a token for this service.
//
// Kind: only access tokens have azpacr (appidacr in version 1.0), and those of users have scp,
// which is refused here.
//
// Opens: as Entra.
func EntraAppRoles(issuer jwtauth.TrustedIssuer, role string, roles ...string) jwtauth.TrustedIssuer {
	t := entraApp(issuer)
	t.Require = append(t.Require, jwtauth.ClaimRule{Claim: "roles", In: append([]string{role}, roles...)})
	return t
}

// EntraAppClients is as EntraAppRoles, for a list of client IDs in place of app roles.
//
// Kind: as EntraAppRoles.
//
// Opens: as Entra.
func EntraAppClients(issuer jwtauth.TrustedIssuer, client string, clients ...string) jwtauth.TrustedIssuer {
	t := entraApp(issuer)
	t.Clients = append([]string{client}, clients...)
	return t
}

func entraApp(t jwtauth.TrustedIssuer) jwtauth.TrustedIssuer {
	t.Kind = []jwtauth.ClaimRule{{Claim: t.ClientClaim + "acr"}}
	t.Require = append(slices.Clone(t.Require), jwtauth.ClaimRule{Claim: "scp", Absent: true})
	t.ScopeClaim = "" // no token has scopes
	return t
}
