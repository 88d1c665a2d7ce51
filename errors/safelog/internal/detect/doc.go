// Package detect finds the parts of a text that a log must not keep.
//
// # Use
//
//	d := detect.New([]string{"license_key"}, nil)
//	sc := d.Scan("dial postgres://app:hunter2@db/x", false)
//	for lo, hi := sc.Next(); lo >= 0; lo, hi = sc.Next() {
//		… // write Mark in place of s[lo:hi]
//	}
//	d.SensitiveKey("X-License-Key") // true
//
// A text of several lines goes through NextHeader first, and then becomes one
// line: a header field ends with its line. It must have no control characters by
// then, for a secret that one of them splits looks like no secret.
//
// # Patterns
//
//	file         found                                       by
//	control.go   control and invisible characters, no UTF-8  itself
//	card.go      4111 1111 1111 1111                         a digit
//	jwt.go       eyJhbGciOi….eyJzdWIiOi….c2ln                its J, or a dot
//	scheme.go    Bearer mF_9.B5f, Basic dXNlcjpwYXNz         the space
//	pem.go       -----BEGIN PRIVATE KEY-----…                the space
//	userinfo.go  https://user:password@host                  ://
//	dsn.go       user:password@tcp(host)/name                @
//	email.go     jane@example.com                            @ or %40
//	pair.go      ?key=…, password=…, "password":…            = or :
//	field.go     {Password:…}                                :
//	header.go    Authorization: …                            :
//	keys.go      the names that make a pair sensitive
//
// # Threat
//
// A log line is often the text of an attacker, and the scanner is on the path of
// every string that is logged. A text must be able neither to hide a secret that
// stands beside it nor to cost more than its length.
//
// # Invariant
//
//   - The work is linear in the length of the text, whatever the text is. Each
//     pattern is tried only at a byte that is rare outside it, follows malformed
//     text for a bounded number of bytes, and passes over a run of letters that
//     it has read to the end.
//   - Nothing is allocated, but for a name that is not ASCII or has \u escapes.
//   - In doubt more is found rather than less. In a text that goes on after its
//     end, a secret that reaches the end is found on suspicion.
//   - A part that is a Mark already is passed over.
//
// The patterns, the forms of a pair and the names are tables. A test takes each
// row away and requires that an example then fails.
package detect
