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
