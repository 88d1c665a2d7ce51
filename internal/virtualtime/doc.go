// Package virtualtime is a model of a service over 90 days of virtual time. It has tests only.
//
// # Use
//
// The tests of the package run the model three times. The target virtual of the Makefile runs
// it a hundred times, and prints the events of each part as a Markdown table:
//
//	make virtual
//
// # Threat
//
// A time limit that is right in a unit test can be wrong after a month: an overlap that ends
// a second early, a clock that drifts, a key that leaves the set before its last token has
// expired. A test with real time cannot wait for that.
//
// # Invariant
//
// The program runs the packages of the library in one bubble of testing/synctest: a limiter, a
// lockout, an issuer with rotating keys and its verifier, API keys with overlaps, sessions with
// cookies, families of refresh tokens, and certificates. Each part acts a millisecond before
// and at each of its limits, and compares the answer with the one that the promised duration
// demands. The limiter and the lockout also keep the times of all admitted attempts: no interval
// may have more of them than the limit allows.
//
// The same seed gives the same log of events, byte for byte. Each promised duration has a twin
// of the program where it is one second short. In a further twin the clock of the limiter runs
// one per cent slow. Each twin must be caught, by its own part and by no other.
package virtualtime
