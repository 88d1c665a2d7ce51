// Package bench measures other libraries and this one, in one run on one machine. It is
// a module of its own, so that no other library is ever a dependency of this one.
package bench
