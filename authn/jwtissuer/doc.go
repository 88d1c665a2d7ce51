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
// An [Issuer] is also the jwtauth.Config.Keys of a Verifier in the same process.
// [Issuer.Rotate] takes the next key, [Issuer.Withdraw] removes a compromised one.
//
// # Options
//
//	Lifetime       of a token, 15 min by default
//	Ahead          for which a new key is published before it signs, 15 min by default
//	MaxAge         for which caches keep the published set, 5 min by default
//	TenantClaim    the claim for Grant.Tenant, none by default
//
// # Threat
//
// A token that the services refuse, because of a claim that comes twice, in another
// case, or too long. A private key in a log. A new key that signs before the services
// have seen it, and an old key that is gone before its last token has expired.
//
// # Invariant
//
// An Issuer signs no token that a jwtauth.Verifier refuses, if the Verifier has the
// same Issuer, Audience and TenantClaim, no shorter MaxLifetime, and the defaults of
// Type, ScopeClaim and RolesClaim. It shows no private key,
// however it is printed. The key that Rotate was given is published for Ahead before
// it signs, and the key before it until its last token has expired. Withdraw cuts both
// short. No ID and no key is ever used twice.
//
// # Place in the chain
//
// An Issuer serves the handlers behind a login. Its JWKS handler stands outside
// authentication. Services verify the tokens with package jwtauth.
//
// # Duties of the caller
//
// Store the keys safely. Call Rotate with a new key every few weeks. Give all processes
// that issue as one the same keys.
package jwtissuer
