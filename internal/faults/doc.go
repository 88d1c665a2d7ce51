// Package faults shows what happens when the network and the stores misbehave:
// a server that hangs, a reply that is lost, a node that is gone. It is a module
// of its own, so that its tools are never dependencies of the library.
package faults
