// Package dependencies measures the modules that a user of the library gets with it. It has
// tests only:
//
//   - TestModules: their number, and the licence of each → a licence that is not permissive;
//   - TestVerify: go mod verify, and the sums of go.sum → a sum that was changed;
//   - TestVulnerabilities: govulncheck, if GOVULNCHECK is set and its database can be
//     reached;
//   - TestDrift: the behaviour of five libraries on which packages here rely, or which they
//     keep from users → stand-ins for those libraries that behave in another way.
//
// The list names the mistakes behind the arrow.
package dependencies
