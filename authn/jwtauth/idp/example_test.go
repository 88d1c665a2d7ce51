package idp_test

import (
	"fmt"
	"io"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtauth/idp"
)

// One Verifier accepts the tokens of several providers, each with its own settings.
func Example() {
	const tenant, app = "72f988bf-86f1-41af-91ab-2d7cd011db47", "6e74172b-be56-4843-9ff4-e66a39bb12e3"
	_, err := jwtauth.New(jwtauth.Config{Issuers: append([]jwtauth.TrustedIssuer{
		idp.Auth0("tenant.eu.auth0.com", "https://notes.example"),
		idp.Okta("dev-1.okta.com", "default", "api://default"),
		idp.Entra(tenant, app),
		idp.Cognito("eu-central-1", "eu-central-1_AbCdEf123", "4k2d0example"),
		idp.Keycloak("https://sso.example/realms/staff", "notes"),
		idp.Supabase("project-ref"),
		idp.Firebase("project-id"),
		idp.Clerk("https://clerk.example.com", "https://app.example.com"),
	}, idp.GoogleUsers("web.apps.googleusercontent.com")...)})
	fmt.Println(err)
	// Output: <nil>
}

// Settings of a provider are changed before New: here the roles of one client, a lifetime, and
// keys from inside a cluster.
func ExampleKeycloak() {
	staff := idp.Keycloak("https://sso.example/realms/staff", "notes")
	staff.RolesClaim = "/resource_access/notes/roles"
	keys, err := jwks.NewRemote(jwks.RemoteConfig{
		URL:               "http://keycloak:8080/realms/staff/protocol/openid-connect/certs",
		InsecureHTTPHosts: []string{"keycloak"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = keys.Close() }()
	staff.Keys = keys
	_, err = jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{staff}})
	fmt.Println(err)
	// Output: <nil>
}

// Tokens of applications are accepted by role. A program that does not run until its end
// closes the source of the keys.
func ExampleEntraAppRoles() {
	const tenant, app = "72f988bf-86f1-41af-91ab-2d7cd011db47", "6e74172b-be56-4843-9ff4-e66a39bb12e3"
	daemons := idp.EntraAppRoles(idp.Entra(tenant, app), "Task.Read")
	defer func() { _ = daemons.Keys.(io.Closer).Close() }()
	_, err := jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{daemons}})
	fmt.Println(err)
	// Output: <nil>
}

// accept makes a Verifier of the settings, and prints the issuers and the addresses of their keys.
func accept(issuers ...jwtauth.TrustedIssuer) {
	if _, err := jwtauth.New(jwtauth.Config{Issuers: issuers}); err != nil {
		fmt.Println(err)
	}
	for _, t := range issuers {
		keys := t.Keys.(*jwks.RemoteKeys)
		fmt.Println(t.Issuer, keys.URL())
		_ = keys.Close() // a service that runs until its end leaves this out
	}
}

// The arguments are the domain of the tenant and the Identifier of the API.
func ExampleAuth0() {
	accept(idp.Auth0("tenant.eu.auth0.com", "https://notes.example"))
	// Output: https://tenant.eu.auth0.com/ https://tenant.eu.auth0.com/.well-known/jwks.json
}

// The profile of an API with typ at+jwt is the better one for a new API. With role-based access
// control, the permissions of a user are read as roles.
func ExampleAuth0RFC9068() {
	t := idp.Auth0RFC9068("tenant.eu.auth0.com", "https://notes.example")
	t.RolesClaim = "permissions"
	accept(t)
	// Output: https://tenant.eu.auth0.com/ https://tenant.eu.auth0.com/.well-known/jwks.json
}

// The arguments are the Frontend API URL and the origins of the pages that send the tokens.
func ExampleClerk() {
	accept(idp.Clerk("https://clerk.example.com", "https://app.example.com"))
	// Output: https://clerk.example.com https://clerk.example.com/.well-known/jwks.json
}

// An access token of Cognito has no aud, so the client ID of the application takes its place.
func ExampleCognito() {
	accept(idp.Cognito("eu-central-1", "eu-central-1_AbCdEf123", "4k2d0example"))
	// Output:
	// https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123 https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123/.well-known/jwks.json
}

// ID tokens are for the application that logs the user in, and have no scopes.
func ExampleCognitoID() {
	accept(idp.CognitoID("eu-central-1", "eu-central-1_AbCdEf123", "4k2d0example"))
	// Output:
	// https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123 https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123/.well-known/jwks.json
}

// The arguments are the Directory (tenant) ID and the Application (client) ID of this service.
func ExampleEntra() {
	accept(idp.Entra("72f988bf-86f1-41af-91ab-2d7cd011db47", "6e74172b-be56-4843-9ff4-e66a39bb12e3"))
	// Output:
	// https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0 https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/v2.0/keys
}

// An application whose manifest does not ask for version 2 gets tokens of version 1.0.
func ExampleEntraV1() {
	accept(idp.EntraV1("72f988bf-86f1-41af-91ab-2d7cd011db47", "api://notes"))
	// Output:
	// https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/ https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/keys
}

// The users of two customers are accepted, and Principal.Tenant tells them apart.
func ExampleEntraMultiTenant() {
	accept(idp.EntraMultiTenant("6e74172b-be56-4843-9ff4-e66a39bb12e3",
		"72f988bf-86f1-41af-91ab-2d7cd011db47", "0c3f1f9e-3f3a-4f06-8a55-6d0d3d0e4a11"))
	// Output:
	// https://login.microsoftonline.com/{tenantid}/v2.0 https://login.microsoftonline.com/common/discovery/v2.0/keys
}

// Tokens of applications are accepted by their client ID, without an app role.
func ExampleEntraAppClients() {
	accept(idp.EntraAppClients(
		idp.Entra("72f988bf-86f1-41af-91ab-2d7cd011db47", "6e74172b-be56-4843-9ff4-e66a39bb12e3"), "9b6f3c1e-0d55-4f4b-9a53-2f0a7a0e1c77"))
	// Output:
	// https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0 https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/v2.0/keys
}

// The argument is the project ID. Anonymous users are refused.
func ExampleFirebase() {
	accept(idp.Firebase("project-id"))
	// Output:
	// https://securetoken.google.com/project-id https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com
}

// Cloud Tasks sends an ID token of the service account of the queue. The numeric ID is safer than
// the e-mail, which another account can get later.
func ExampleGoogleServiceAccounts() {
	accept(idp.GoogleServiceAccounts("https://notes.example", "115238390123456789012"))
	// Output: https://accounts.google.com https://www.googleapis.com/oauth2/v3/certs
}

// The arguments are the domain, the ID of the authorization server and its Audience.
func ExampleOkta() {
	accept(idp.Okta("dev-1.okta.com", "default", "api://default"))
	// Output: https://dev-1.okta.com/oauth2/default https://dev-1.okta.com/oauth2/default/v1/keys
}

// Every organisation has the org server. Its tokens are for all applications, so the accepted
// applications are listed.
func ExampleOktaOrg() {
	accept(idp.OktaOrg("dev-1.okta.com", "0oa1example"))
	// Output: https://dev-1.okta.com https://dev-1.okta.com/oauth2/v1/keys
}

// The argument is the reference of the project.
func ExampleSupabase() {
	accept(idp.Supabase("project-ref"))
	// Output: https://project-ref.supabase.co/auth/v1 https://project-ref.supabase.co/auth/v1/.well-known/jwks.json
}

// Google writes iss in two forms, so there are two issuers.
func ExampleGoogleUsers() {
	accept(idp.GoogleUsers("web.apps.googleusercontent.com")...)
	// Output:
	// https://accounts.google.com https://www.googleapis.com/oauth2/v3/certs
	// accounts.google.com https://www.googleapis.com/oauth2/v3/certs
}
