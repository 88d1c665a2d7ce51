// Package asvs traces the requirements of OWASP ASVS 5.0 that a library of middleware can
// meet, or help to meet, to the tests that prove it. It has tests only:
//
//   - TestPage: trace.txt names declared tests, and .github/ASVS.md is the page of it;
//   - TestTrace: each of these tests passes, if ASVS is set → a test that is missing, that is
//     skipped, and that fails.
//
// The list names the mistakes behind the arrow. After a change of trace.txt, write the page
// again:
//
//	go test ./internal/asvs -run TestPage -update
package asvs
