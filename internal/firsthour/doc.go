// Command firsthour takes the steps of a reader's first hour with the README, and fails where the
// README does not keep its word. It runs in the root of the repository:
//
//	make first-hour
//
// # Steps
//
//	clone     a fresh clone of the last commit; changes that are not committed do not count
//	block     each complete program of the README, as main.go of a fresh module with a replace
//	          directive: go mod tidy, go build, and the curl command beside the program, which
//	          must get the status that the README promises
//	console   the curl commands of the README, with their jar for cookies, against the quickstart
//	example   each go command in the table of examples: it ends by itself without an error, or it
//	          serves and answers a request
//
// The second command of the README, make test, is a target of its own, and so are the other make
// commands. A block that is a part of a program is skipped. The go commands need the modules of the
// examples, from the cache or from the GOPROXY of the environment. A port of an example that another
// program has is a failure.
package main
