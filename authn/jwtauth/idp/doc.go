// Package idp has the settings of well-known identity providers for package jwtauth.
//
// # Use
//
//	verifier, err := jwtauth.New(jwtauth.Config{
//		Issuers: []jwtauth.TrustedIssuer{idp.Auth0("tenant.eu.auth0.com", "https://notes.example")},
//	})
//
// A function returns the settings for the tokens that its provider issues by default. The
// caller may change them before New, such as MaxLifetime for a tenant with another lifetime.
//
// # Functions
//
//	Auth0, Auth0RFC9068                  access tokens of the two profiles of an API
//	Okta, OktaOrg                        access tokens of a custom and of the org server
//	Entra, EntraV1, EntraMultiTenant     access tokens of users (Microsoft Entra ID)
//	EntraAppRoles, EntraAppClients       access tokens of applications
//	Cognito, CognitoID                   access tokens and ID tokens (Amazon Cognito)
//	Keycloak                             access tokens of a realm
//	GoogleUsers, GoogleServiceAccounts   ID tokens: Google has no access tokens that are JWTs
//	Supabase, Firebase                   the tokens of signed-in users
//	Clerk                                session tokens
//
// # Keys
//
// Each function makes a *jwks.RemoteKeys for the key set of the provider. It fetches nothing
// before the first token, and has no goroutine between two fetches, so a program that runs
// until its end need not close it; other programs close it with
//
//	issuer.Keys.(io.Closer).Close()
//
// To fetch the keys with a Transport of your own, replace Keys by the result of
// jwks.NewRemote with that Transport, and with the URL of the source that the function made:
//
//	url := issuer.Keys.(*jwks.RemoteKeys).URL()
//
// # Threat
//
// A provider signs tokens of several kinds with one key: access tokens for this and for other
// services, ID tokens, logout tokens, links in e-mails. A verifier that only checks the
// signature and the issuer accepts all of them.
//
// # Invariant
//
// The settings of each function accept one kind of token, and the documentation of the
// function names the claim that tells the kind. They never accept a token of another tenant,
// user pool, realm or project. A function for access tokens refuses the ID tokens of the same
// application.
//
// # Relaxations
//
// The documentation of each function lists, after "Opens", the settings with which it accepts
// more than RFC 9068 (jwtauth.TrustedIssuer has their price), and after "Kind" the claim that makes
// up for it. The attack suite of jwtauth runs for each function, and TestProfiles lists every
// attack with another outcome. A setting of one issuer has no effect on the other issuers of the
// same Verifier.
//
// # Place in the chain
//
// As in package jwtauth. The documentation of a function also says which setting to look up
// at the provider, and which checks are left to the service.
package idp
