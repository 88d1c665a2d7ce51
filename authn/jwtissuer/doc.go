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
// [Issuer.Rotate] takes the next key, and [Issuer.Withdraw] removes a compromised key. With
// a [KeyFile] the keys come from a file or a folder that is read again when it changes:
//
//	KeyFile: jwtissuer.KeyFile{Path: "/etc/notes/keys"}, // in the place of Key
//
// An [AssertionSigner] signs the assertions that a client sends to another authorization
// server in the place of a client secret (private_key_jwt, RFC 7523).
//
// [Grant.Confirmation] binds a token to the certificate of its client (RFC 8705), so that a
// stolen token is of no use without the private key.
//
// # Options
//
//	Key, KeyFile   the signing key, or the file or folder of the keys; one is required
//	Lifetime       of a token, 15 min by default
//	Ahead          how long a new key is published before it signs, 15 min by default
//	MaxAge         how long caches keep the published set, 5 min by default
//	TenantClaim    the claim for Grant.Tenant, not set by default
//	DangerouslyPublicClaims   names of claims that sound like secrets and are none
//
//	KeyFile.Path, Algorithm, OnRefresh       the file or folder; of RSA keys; each change and fault
//	AssertionConfig.ClientID, Audience       of the client; of the authorization server
//	AssertionConfig.Key, KeyFile, Lifetime   as above; 1 min by default, at most 5 min
//
// # Threat
//
//   - A token that the services refuse, because of a claim that comes twice, in another
//     case, or too long.
//   - A private key in a log.
//   - A password in a token, because a struct for the database was passed as the claims.
//   - A new key that signs before the services know it, and an old key that is gone
//     before its last token has expired. A file of keys that is half written.
//
// # Invariant
//
// An Issuer signs no token that a jwtauth.Verifier refuses, if the Verifier has the same
// Issuer, Audience and TenantClaim, no shorter MaxLifetime, the defaults of Type, ScopeClaim and
// RolesClaim, and a Confirm for tokens with Grant.Confirmation. An Issuer never shows a private key, however it is printed.
// A new key is published for Ahead before it signs. The key before it stays published
// until its last token has expired. Withdraw cuts both times short. Rotate takes no ID and
// no key twice. A KeyFile that cannot be used never takes the place of keys that could.
//
// A token is signed and not encrypted: every holder of a token reads its payload, and so
// does each proxy and log that sees it. Issue refuses a claim with the name or the type of
// a secret. It cannot know that any other value is one.
//
// # Place in the chain
//
// An Issuer serves the handlers behind a login. Its JWKS handler needs no authentication.
// Services verify the tokens with package jwtauth.
//
// # Duties of the caller
//
// Store the keys safely. Call Rotate with a new key every few weeks, or add a new file to
// the folder of KeyFile and keep the last three. Give the same keys to all processes that act as one issuer. Put nothing into
// a token that its holder may not read.
package jwtissuer
