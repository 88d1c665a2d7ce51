// Package oauthtest is an OpenID provider on a loopback address, for tests and examples of the
// login. It speaks the protocol as a strict provider does, and fails in every way that a client
// must survive.
//
// # Use
//
//	provider := oauthtest.New()
//	defer provider.Close()
//	oauth.Config{Issuer: provider.URL, ClientID: oauthtest.ClientID, ClientSecret: oauthtest.ClientSecret, …}
//
//	provider.Change(func(s *oauthtest.Settings) { s.Claims = func(c map[string]any) { c["nonce"] = "other" } })
//
// # Protocol
//
// Discovery, authorization code with PKCE S256, client_secret_basic, client_secret_post,
// private_key_jwt by method alone, ID tokens signed with ES256, UserInfo, JWKS, iss (RFC 9207),
// form_post, logout tokens, end_session and revocation (RFC 7009). It refuses another
// redirect_uri, a request without PKCE, a code that is used
// twice, of another client or verifier, and a client that authenticates in two ways. It logs
// the user of the Settings in without a question.
//
// # Place in the chain
//
// Only in tests and examples. It imports no package of the library, so a fault of the library
// cannot hide in it.
package oauthtest
