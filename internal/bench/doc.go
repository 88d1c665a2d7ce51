// Package bench measures the peers beside us, in one run on one machine. It is
// a module of its own, so that no peer is ever a dependency of the library.
package bench
