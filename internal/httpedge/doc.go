// Package httpedge measures what net/http and tlsconf.Serve let through to a handler. It has
// tests only:
//
//   - TestRawRequests: raw requests, and the answer of net/http alone and of the chain behind
//     tlsconf.Serve, as testdata/raw.golden records them. The lines that reach the handler
//     show what no middleware can see;
//   - TestSlowConnections: two hundred clients that send a byte a second are gone in time → an
//     http.Server without timeouts;
//   - TestManyHeaderLines: twenty thousand header lines are refused → an http.Server with the
//     defaults;
//   - TestH2Spec: the conformance tests of h2spec over TLS, if H2SPEC names the program → a
//     server that speaks HTTP/1.1 only.
//
// The list names the mistakes behind the arrow. The golden file is that of the Go version in
// go.mod. After a change that is meant, write it again:
//
//	go test ./internal/httpedge -run TestRawRequests -update
package httpedge
