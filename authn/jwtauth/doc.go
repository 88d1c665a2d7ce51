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
//   - The signature is good. With one issuer nothing of the claims is read
//     before; with several they are read, strictly, for the iss that says whose
//     key it is, and nothing is concluded from them.
//   - Its claims are one strict JSON object: valid UTF-8, no name twice at any
//     depth, none that differs from a registered one by case only.
//   - iss, sub, aud, exp, iat and jti are there; iss and aud are the configured
//     ones; it is valid now, and not for longer than MaxLifetime.
//   - It is not bound to a key (cnf, RFC 7800), for then the bearer would have
//     to prove more than that he has it.
//   - Its claims decode into C, without a name that only encoding/json takes for
//     that of a field, and the Validate of C has no objection.
//   - Config.Revoked does not know it.
//
// A client learns that the token is not valid, or that it was valid and has
// expired, and nothing else. The reason is the cause of the error.
//
// Shared secrets (HMAC) are for a Verifier of their own, and only through
// [InsecureSharedSecrets]: a token of HS256 is refused by any other, and any
// other token by that one. The signatures are verified by golang-jwt and by the
// standard library below it; parsing is this package's own.
//
// # Tokens that are remembered
//
// Config.Cache saves the signature of a token that comes again, and the reading
// of its claims: about 1 µs in place of 40 to 100. It is off by default. A token
// is remembered in one Verifier, once it has been accepted, for at most a minute
// and never beyond its exp: by its whole text but for the signature, of which the
// SHA-256 is kept, so that what is remembered is of no use to whoever reads it in
// the memory of the process. Each time it comes,
//
//   - its dates are judged again,
//   - the source is asked for its key again, and only if it still answers with
//     the very same does the token count: one whose key was withdrawn is refused
//     at once. The keys of a KeySource that is not of this package are never the
//     same, so tokens that they verify are not remembered,
//   - Validate of C and Config.Revoked are asked again.
//
// # Place in the chain
//
// A Verifier is one of the Authenticators of authn.Middleware. Only one
// Authenticator of a Middleware may be for the scheme Bearer.
//
// # Keys
//
// [Static] has them in the program, [KeyFile] in a file that is read again when
// it changes, and [JWKS] at the issuer. A set is refused as a whole, and the one
// before kept, if it shows a private key or a shared secret, names two keys
// alike, can be read in two ways, or has no key to verify with. A key of it that
// is weak, or meant for something else, is left out, and OnRefresh told why.
//
// A token can make the service ask the issuer, which is what its kid is for, but
// not more than once per Cooldown, however many tokens come; and nothing of it
// is in that request. While the issuer does not answer, the keys from before are
// good for MaxStale, and after it every token is answered with 503, not with
// 401: an outage of the issuer must not log everybody out.
//
// # What the caller must do
//
// Give the claims that C describes their exact names with json tags, and keep C
// to what the service reads: a token whose claims do not fit is refused.
//
// Make a source of keys once and not for each request. Publish a new key some
// minutes before it signs, and withdraw it by taking it out of the set; replacing
// it under the same kid is noticed only when the set is due. Watch OnRefresh:
// an outage that nobody notices ends with MaxStale.
//
// Identify people by Issuer and Subject together. Check what the token may be
// used for (Scopes) and whose data is asked for: authentication is neither.
//
// # Issuing
//
// A service that is its own issuer has an [Issuer]. It signs short-lived tokens,
// each for a [Grant], publishes the public keys, and turns its keys over with
// overlap. It signs nothing that a Verifier would refuse, and shows no private
// key however it is printed.
package jwtauth
