// Package jwtauth judges access tokens that are JWTs (RFC 7519, RFC 9068), sent
// as bearer tokens (RFC 6750).
//
// # Threat
//
// A token that says how it wants to be verified: with no algorithm, with
// another, with a key that it brings along. A token that is genuine but meant
// for another service, of another kind, or long expired. A token that two
// readers understand differently, because a name comes twice or in another
// case. And a token of a megabyte, sent by nobody in particular, that costs
// more to refuse than to send.
//
// # Invariant
//
// [Verifier] vouches for a token only if all of this holds, and judges it in
// this order:
//
//   - It is a JWS in compact form of at most 8 KiB, in canonical base64url.
//   - Its header is one strict JSON object of at most 1 KiB without crit, b64,
//     zip and enc. The members jwk, jku, x5u and x5c are never used.
//   - Its typ is the configured one, and its kid names a key of the issuer,
//     whose one algorithm is its alg.
//   - The signature is good. Nothing of the claims is read before.
//   - Its claims are one strict JSON object: valid UTF-8, no name twice at any
//     depth, none that differs from a registered one by case only.
//   - iss, sub, aud, exp, iat and jti are there; iss and aud are the configured
//     ones; it is valid now, and not for longer than MaxLifetime.
//   - It is not bound to a key (cnf, RFC 7800), for then the bearer would have
//     to prove more than that he has it.
//
// A client learns that the token is not valid, or that it was valid and has
// expired, and nothing else. The reason is the cause of the error.
//
// HMAC is not supported. The signatures are verified by golang-jwt and by the
// standard library below it; parsing is this package's own.
//
// # Place in the chain
//
// A Verifier is one of the Authenticators of authn.Middleware. Only one
// Authenticator of a Middleware may be for the scheme Bearer.
//
// # What the caller must do
//
// Identify people by Issuer and Subject together. Check what the token may be
// used for (Scopes) and whose data is asked for: authentication is neither.
package jwtauth
