// Package apikey authenticates programs by keys that they send in a header.
//
// # Threat
//
// A key that leaks: from the database, which must hold nothing that can be
// sent; from a URL, a log or an error text, in which it must never appear; from
// a repository, where a scanner must be able to recognise it. And once leaked,
// a key that works from anywhere, forever, for everything.
//
// # Invariant
//
// A request passes only with a key whose secret hashes to what the [Store]
// holds, within the time and from the networks of its [Record]. An unknown key
// and a wrong secret take the same path and get the same answer. That a key has
// expired is told only to somebody who holds it, in a place where it may be
// used. A store that cannot be asked is 503, never 401.
//
// # Place in the chain
//
// An [Authenticator] is one of authn.Config.Authenticators.
//
// # What the caller must do
//
//   - Hand the key over once, over TLS, and keep only the record.
//   - Resolve the client's address (headers/clientip) outside of authn if there
//     is a proxy. Otherwise Networks are compared with the proxy's own address,
//     and its network would have to be allowed for everybody.
//   - Send Cache-Control: no-store or private. Shared caches know that a
//     response to a request with Authorization is personal (RFC 9111, section
//     3.5); of an API key they know nothing.
//   - To note when a key was last used, take Principal.TokenID in
//     authn.Config.Observe, and write it behind the request.
//
// # Format
//
//	notes_live_3kTMd0bQxW9a_<43 characters of secret><6 characters of checksum>
//
// Prefix and environment tell a person, and a secret scanner, what was found
// and where it opens a door. The ID finds the record and is no secret. The
// secret is 43 characters of [0-9A-Za-z], more than 256 bits. The checksum is
// the CRC-32 (IEEE) of all before it: it keeps typing errors and random guesses
// away from the store, and it is no protection, for anybody can compute it.
//
// The record holds SHA-256 of the secret. A slow password hash would buy
// nothing against 256 random bits, and cost the server what it costs a guesser.
package apikey
