// Package mwtest is the test kit of the suite: a handler that counts, a
// response writer that costs nothing, neighbours that misbehave, an allocation
// gate, and a strict reader of the error envelope.
//
// It imports no package of the suite, so that each of them can be tested with it.
package mwtest
