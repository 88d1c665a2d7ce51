// Package authn establishes who is calling.
//
// # Threat
//
// A route that runs without a check, a check that a second credential in the
// same request slips past, a bad credential that is treated as none, an outage
// of the key source that is reported as "your password is wrong", and a
// challenge that tells an attacker how close a guess was.
//
// # Invariant
//
// A handler behind [Middleware] runs with a [Principal] that exactly one
// [Authenticator] has vouched for, or it does not run. With Optional it may run
// without one, but never with a credential that was refused.
//
//   - No credential: 401 with a challenge per authenticator, and no error in it.
//   - A bad credential: 401, one text for every reason but expiry.
//   - Two credentials of the configured kinds, or one that can be read in two
//     ways: 400, with the challenge of each kind that it is of, as RFC 6750,
//     section 3, wants it of bearer tokens. Which of them a proxy, a log and a
//     handler believe would be anybody's guess (RFC 6750, section 2). A
//     credential of a kind that is not configured, such as the Basic one that a
//     gateway has asked for, is not seen at all.
//   - A key source or store that cannot be asked: 503, never 401.
//
// # Place in the chain
//
// After the limiter by address, which bounds what guessing costs, and before
// the limiter by principal and authz. Preflight requests carry no credentials,
// so cors goes outside.
//
// # What the caller must do
//
// Configure one Authenticator for each kind of credential, and put authz
// inside: that somebody is known says nothing of what he may do. Where Optional
// is set, look at the second result of [FromContext] in every handler, or put
// authz around those that need a principal.
//
// Identify people by Issuer and Subject together, as [Principal] says.
//
// The principal belongs to the request record. A handler that serves several
// requests out of one, such as a batch endpoint, must not share its context
// between them.
package authn
