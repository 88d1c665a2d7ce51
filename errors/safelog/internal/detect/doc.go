// Package detect finds the parts of a text that a log must not keep.
//
// # Use
//
//	d := detect.New([]string{"license_key"}, nil)
//	sc := d.Scan("dial postgres://app:hunter2@db/x", false)
//	for lo, hi := sc.Next(); lo >= 0; lo, hi = sc.Next() {
//		… // write Mark instead of s[lo:hi]
//	}
//	d.SensitiveKey("X-License-Key") // true
//
// A text of several lines must first be searched with NextHeader, because a header
// field ends with its line. Then the caller makes one line of it for Scan.
// The text must not have control characters: a secret that a control character
// splits does not look like a secret.
//
// # Patterns
//
//	file         example of a match                          searched at
//	control.go   control, invisible or invalid characters    the character
//	card.go      4111 1111 1111 1111                         a digit
//	token.go     ghp_…, sk_live_…, AKIA…                     a byte of the prefix
//	jwt.go       eyJhbGciOi….eyJzdWIiOi….c2ln                its J, or a dot
//	scheme.go    Bearer mF_9.B5f, Basic dXNlcjpwYXNz         the space
//	pem.go       -----BEGIN PRIVATE KEY-----…                the space
//	userinfo.go  https://user:password@host                  ://
//	dsn.go       user:password@tcp(host)/name                @
//	email.go     jane@example.com                            @ or %40
//	pair.go      ?key=…, password=…, "password":…            = or :
//	field.go     {Password:…}                                :
//	header.go    Authorization: …                            :
//	keys.go      names that make a pair sensitive, and values that stay
//	names.go     the table of these names
//	tokenformats.go  the table of the prefixes
//
// # Threat
//
// A log line often holds text of an attacker, and every logged string is scanned.
// No text may hide a secret that stands beside it, and no text may take time that
// is more than linear in its length.
//
// # Invariant
//
//   - The work is linear in the length of the text, for every text. Each pattern
//     is tried only at a byte that is rare outside the pattern. It follows
//     malformed text for a bounded number of bytes. It does not start again
//     inside a run of letters that it has read to the end.
//   - A scan allocates only for a name that is not ASCII or has \u escapes.
//   - In doubt a pattern finds more rather than less. If the text is the
//     beginning of a longer text, a possible secret that reaches the end counts
//     as found.
//   - A part that is already a Mark is not found again.
//
// The patterns, the forms of a pair, the names and the formats of keys are tables.
// A test removes each row in turn and requires that an example then fails.
package detect
