// Package mwtest is the test kit of the library. It has a handler that counts, a response
// writer without cost, neighbours that misbehave, an allocation gate, and a strict reader of
// the error envelope.
//
// # Use
//
//	res := mwtest.Do(middleware.Handler(&mwtest.Spy{}), httptest.NewRequest("GET", "/", nil))
//	mwtest.Refused(t, res, 403, "forbidden")
//	mwtest.MaxAllocs(t, "a request", 2, func() { … })
//
// # Place in the chain
//
// The tests of all packages use it. It imports no other package of the library, so that each
// of them can be tested with it.
package mwtest
