// Package advisories is a list of published advisories about Go and Node libraries in the
// field of this one. The tests of the package try each of them as an attack on this library.
//
// # Use
//
// The tests compare every row with an attack. The target advisories of the Makefile prints the
// rows and the measured answers as a Markdown table:
//
//	make advisories
//
// # Invariant
//
// Each row has a trial in the tests, and each trial has three parts:
//
//   - The packages of this library answer the attack as [Advisory].Want says.
//   - An honest neighbour of the attack passes the same handler.
//   - A small handler with the fault of the peer lets the attack through. Without this
//     proof a row could pass although its attack has no effect.
//
// # Adding a row
//
// Add an [Advisory] to the file of its concern, and its trial under the same identifier to the
// test file beside it. The identifier is that of a published advisory: a CVE or a GHSA.
package advisories
