// Package jwtauth verifies access tokens that are JWTs (RFC 7519, RFC 9068), sent
// as bearer tokens (RFC 6750).
//
// # Use
//
//	verifier, err := jwtauth.New(jwtauth.Config{
//		Issuer:   "https://issuer.example",
//		Audience: []string{"https://notes.example"},
//		Keys:     jwks.Remote("https://issuer.example/.well-known/jwks.json"),
//	})
//	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
//	mux.Handle("GET /notes", auth.Handler(notes)) // authn.FromContext has the principal
//
// [NewTyped] also decodes the claims of your own, and [Verifier.Verify] takes a
// token that did not come in an Authorization field.
//
// # Options
//
//	Issuer, Keys     the iss of accepted tokens and the source of its keys
//	Issuers          the same for several issuers
//	Audience         the names of this service in aud
//	Type             typ, at+jwt by default
//	Leeway           0 by default, for clocks that NTP does not keep
//	MaxLifetime      from iat to exp, 1 h by default
//	ScopeClaim, RolesClaim, TenantClaim
//	Revoked          is asked about each token that is good otherwise
//	Cache            how many verified tokens to remember, none by default
//
// # Threat
//
// A token that says how it wants to be verified: with no algorithm, with
// another algorithm, with a key in its own header. A genuine token for another
// service, of another kind, or long expired. A token that two readers understand
// differently, because a name comes twice or in another case. And a token of a
// megabyte without any signature, that costs more to refuse than to send.
//
// # Invariant
//
// A [Verifier] vouches for a token only if all of this holds. The form, the header
// and the signature are checked first, in this order:
//
//   - The token is a JWS in compact form of at most 8 KiB, in canonical base64url.
//   - Its header is one strict JSON object of at most 1 KiB without crit, b64,
//     zip and enc. The members jwk, jku, x5u and x5c are never used.
//   - Its typ is the configured one, and its kid names a key of the issuer,
//     whose one algorithm is its alg.
//   - The signature is good. With one issuer, no claim is read before. With
//     several issuers the claims are read, strictly, but only iss is used, to
//     choose the source of the key.
//
// Then it is checked that
//
//   - its claims are one strict JSON object: valid UTF-8, no name twice at any
//     depth, no name that differs from a registered one by case only;
//   - the claims iss, sub, aud, exp, iat and jti are present, the values of iss and
//     aud are the configured ones, and the token is valid now, and for at most
//     MaxLifetime;
//   - the claims type, typ and token_use do not say that it is a refresh token or
//     an ID token;
//   - it is not bound to a key (cnf, RFC 7800): such a token needs a proof of
//     possession that a bearer does not give;
//   - its claims decode into C, without a name that only encoding/json takes for
//     the name of a field, and the Validate method of C has no objection;
//   - Config.Revoked does not know it.
//
// A client learns that the token is not valid, or that it was valid and has
// expired, and nothing else. The reason is the cause of the error.
//
// Shared secrets (HMAC) need a Verifier of their own, and
// [jwks.InsecureSharedSecrets]: a token of HS256 is refused by any other Verifier,
// and any other token by that one. Package golang-jwt and the standard library below
// it verify the signatures; package jwtauth does all parsing.
//
// # Tokens in the cache
//
// With Config.Cache, a token that comes again needs about 1 µs instead of 40 to 100:
// its signature is not verified again, and its claims are not read again. An
// accepted token stays in the cache of its Verifier for at most a minute, and
// never beyond its exp. The cache holds the text of the token without the
// signature, and the SHA-256 of the signature: a reader of the memory of the process
// cannot use it as a token. Each time the token comes,
//
//   - its dates are checked again,
//   - the source is asked for its key again, and the token counts only if the
//     answer is the same key: a token whose key was withdrawn is refused at once.
//     The keys of a source that is not of package jwks are never the same, so their
//     tokens are not kept,
//   - the Validate method of C and Config.Revoked are asked again.
//
// # Place in the chain
//
// A Verifier is one of the Authenticators of authn.Middleware. Only one
// Authenticator of a Middleware may be for the scheme Bearer.
//
// # Duties of the caller
//
// Give the claims of C their exact names with json tags, and keep C to the claims
// that the service reads: a token whose claims do not fit is refused. Identify people
// by Issuer and Subject together. Check the Scopes of the token and the owner of
// the data: authentication does neither.
package jwtauth
