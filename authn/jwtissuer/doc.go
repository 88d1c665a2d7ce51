// Package jwtissuer signs short-lived access tokens (RFC 9068) and publishes the keys
// that verify them.
//
// # Use
//
//	key, err := jwtissuer.GenerateKey(jwks.ES256)
//	issuer, err := jwtissuer.New(jwtissuer.Config{
//		Issuer:   "https://notes.example",
//		Audience: []string{"https://notes.example/api"},
//		Key:      key,
//	})
//	issued, err := issuer.Issue(jwtissuer.Grant{Subject: "ann", ClientID: "web"}) // after a login
//	mux.Handle("/.well-known/jwks.json", issuer.JWKS())
//
// An [Issuer] can also be the jwtauth.Config.Keys of a Verifier in the same process.
// [Issuer.Rotate] takes the next key, and [Issuer.Withdraw] removes a compromised key.
//
// # Options
//
//	Lifetime       of a token, 15 min by default
//	Ahead          how long a new key is published before it signs, 15 min by default
//	MaxAge         how long caches keep the published set, 5 min by default
//	TenantClaim    the claim for Grant.Tenant, not set by default
//
// # Threat
//
//   - A token that the services refuse, because of a claim that comes twice, in another
//     case, or too long.
//   - A private key in a log.
//   - A new key that signs before the services know it, and an old key that is gone
//     before its last token has expired.
//
// # Invariant
//
// An Issuer signs no token that a jwtauth.Verifier refuses, if the Verifier has the same
// Issuer, Audience and TenantClaim, no shorter MaxLifetime, and the defaults of Type,
// ScopeClaim and RolesClaim. An Issuer never shows a private key, however it is printed.
// A key from Rotate is published for Ahead before it signs. The key before it stays
// published until its last token has expired. Withdraw cuts both times short. No ID and
// no key is ever used twice.
//
// # Place in the chain
//
// An Issuer serves the handlers behind a login. Its JWKS handler needs no authentication.
// Services verify the tokens with package jwtauth.
//
// # Duties of the caller
//
// Store the keys safely. Call Rotate with a new key every few weeks. Give the same keys to
// all processes that act as one issuer.
package jwtissuer
