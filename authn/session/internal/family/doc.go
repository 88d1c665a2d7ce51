// Package family decides about the refresh tokens of one session. It does no I/O, reads
// no clock, and makes no random numbers except in [NewID] and [NewSecret].
//
// # Use
//
//	token, ok := family.Parse(cookie.Value)
//	…                                                  // read the record of token.SID()
//	d := policy.Decide(family.Family{Key: key, State: state, Sealed: sealed, Rotated: rotated}, token, now, family.NewSecret())
//	if d.Outcome.Gives() {
//		…                                              // store d.Next, then send
//		next := token.WithSecret(d.Secret, key)
//	}
//
// # Format
//
//	rt1_<family ID, 52 characters>_<secret, 52 characters>_<tag, 26 characters>
//
// All characters are the 32 of base32 (RFC 4648, section 6), and each stands for 5 bits. No
// part has unused bits, so one token has one text. The family ID is the tag of the subject
// and 130 random bits. The secret is 260 random bits. The tag is an HMAC-SHA-256 of the
// secret, under a random key of the family. A token with a wrong tag was not made by the
// service, and says nothing about a theft.
//
// # Threat
//
// A spent token that a thief uses, an honest client whose retry looks like that, and a
// reader of the store. The store has the SHA-256 of each secret, and never a token.
//
// # Invariant
//
// A family has at most one current token. Within the grace after a rotation, the
// predecessor gives the current token, and the current token gives itself. So a family
// rotates at most once for each grace, and all tabs of a browser end with one token.
//
// # Sealing
//
// The predecessor can give its successor only if the store has it. It is sealed with a
// keystream that is derived (HKDF) from the secret of the predecessor and the hash of the
// successor, so no two messages share a keystream. The hash also proves that the text is
// unchanged. The store deletes the sealed text after the grace.
//
// With LostReply, a successor that was never presented can be replaced. For one more grace
// the replaced token must give its replacement, although its secret is then not known. So
// each rotation derives a key from the secret of the successor, one-way, and keeps this key
// wrapped for the predecessor. When the predecessor comes again, the key is unwrapped, and
// the replacement is sealed under it.
//
// # Place in the chain
//
// Package session uses it. It imports only the standard library.
package family
