// Package authntest is for the tests of services that use package authn: requests of a
// known caller, and an issuer of tokens, good and bad.
//
// # Use
//
// A handler that stands inside of authn.Middleware gets its caller from [As]:
//
//	w := httptest.NewRecorder()
//	listNotes(w, authntest.As(httptest.NewRequest("GET", "/notes", nil), "ann", "notes:read"))
//
// A whole service, with its own configuration, gets tokens. Its source of keys is the only
// part that the test replaces:
//
//	issuer := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
//	srv := httptest.NewServer(newService(issuer)) // jwtauth.Config.Keys
//	r.Header.Set("Authorization", "Bearer "+issuer.Token("ann", "notes:read"))
//
// # Kit
//
//	As(r, subject, scopes...)           a request of a caller with scopes
//	AsPrincipal(r, p)                   a request of any principal: roles, tenant, API key
//	NewIssuer(t, issuer, audience...)   an issuer with a key of its own
//	Issuer.Token(subject, scopes...)    a token that a service accepts
//	Issuer.Expired(subject, scopes...)  one that expired an hour ago
//	Issuer.Forged(subject, scopes...)   one with the signature of another key
//	Issuer.Sign(claims)                 one with other claims: roles, another aud, no exp
//	Issuer.WithType(typ)                the same, for tokens of another typ: Auth0, Okta and others
//	Issuer.Trusted()                    an element of jwtauth.Config.Issuers
//	Issuer.JWKS()                       the handler of its keys, for jwks.Remote
//
// # Threat
//
// A test that sets the principal in a way of its own: it stays green when the service no
// longer asks for one. A test issuer whose tokens are easier to accept than real ones.
//
// # Invariant
//
// A request of As has gone through an authn.Middleware: authz, the keys of ratelimit and
// the record of the request see the same principal as in production. A token of an Issuer is
// signed, and has the claims of RFC 9068. The key of an Issuer is new for each test.
//
// # Place in the chain
//
// Only in tests. A request of As begins inside of authn: a service that has its
// authn.Middleware in front of the handler refuses it, because it carries no credential.
package authntest
