// Package compose runs handlers and middlewares of other projects behind the chain
// and without it, over HTTP/1.1, HTTP/2 and HTTP/2 without TLS, and compares what the
// client sees: status, headers, informational responses, body, the moment of each
// part, trailers, hijacked connections. It has tests only, and is a module of its
// own so that none of those projects is a dependency of the library:
//
//	make compose
//
// gqlgen needs generated code; graph-gophers/graphql-go stands for both.
//
// Each row of a table builds its handler anew for every run, and writes down in a
// transcript what its client sees. A difference between two transcripts fails the
// test, unless it is listed in documented, with the place where the documentation of
// the library says so. The same rows catch a chain that is broken on purpose.
package compose
