// Package opaque makes and reads the secret of a session in a cookie, and the state that the
// store keeps for it. It does no I/O and reads no clock.
//
// # Use
//
//	token, sid := opaque.New(tag)  // the token is for the cookie, the session ID for the store
//	…
//	sid, ok := opaque.SID(cookie.Value)
//	…                              // read the record of sid
//	state, err := opaque.Decode(record.State)
//
// # Format
//
//	st1_<tag of the subject, 26 characters>_<secret, 52 characters>
//
// All characters are the 32 of base32 (RFC 4648, section 6). The secret is 260 random bits.
// The session ID is the tag and the first 130 bits of a SHA-256 of the token. So the store
// has a hash only, and to find a session is to prove its secret.
//
// # Threat
//
// A reader of the store or of a log has session IDs, and could look for a token in them. A refresh token
// in the cookie: its session has an ID of another hash.
//
// # Invariant
//
// A token has one text and one session ID, and a state has one text.
//
// # Place in the chain
//
// Package session uses it.
package opaque
