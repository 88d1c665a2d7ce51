// Package concurrency limits how many requests of a key run at a time.
//
// # Use
//
//	exports, err := concurrency.New(concurrency.Config{
//		Name: "export",
//		Max:  4,
//		Key:  ratelimit.ByClientIP,
//	})
//	…
//	mux.Handle("GET /export", exports.Handler(export))
//
// # Threat
//
// A client that starts many slow requests. A limit on their number a minute does
// not stop it: few of them are enough to take all connections of a database.
//
// # Invariant
//
// At most [Config].Max requests of a key run at a time in this process. A request
// runs until its handler returns or panics. What the handler has hijacked, or
// leaves to goroutines of its own, may run longer and does not count.
//
// Memory is fixed by [Config].MaxKeys and allocated by [New]. If more keys than
// that run something, new keys may share the room of one. A request may then be
// refused early, but no key ever runs above its limit. Keys are told apart by a
// 128-bit hash with secret seeds.
//
// # Place in the chain
//
// Inside the ratelimit.Limiter of the same key: a request that waits for a store
// does not run yet, and takes no slot.
package concurrency
