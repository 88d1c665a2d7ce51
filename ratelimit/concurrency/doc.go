// Package concurrency limits how many requests of a key run at a time.
//
// # Use
//
//	exports, err := concurrency.New(concurrency.Config{
//		Name: "export",
//		Max:  4,
//		Key:  ratelimit.ByClientIP,
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	mux.Handle("GET /export", exports.Handler(export))
//
// # Options
//
//	Name       the name of the limiter in the request record
//	Max        the number of requests of a key that run at a time
//	Key        the key of a request: ByClientIP and the like of package ratelimit
//	MaxKeys    the memory
//	Deny       the response of a refusal
//	Observe    an observer of every decision
//
// # Threat
//
// A client that starts many slow requests. A limit on the number of requests per minute
// does not stop it: a few slow requests are enough to take all connections of a database.
//
// # Invariant
//
// At most [Config].Max requests of a key run at a time in this process. A request runs
// until its handler returns or panics. A connection that the handler has hijacked, or
// work that it leaves to its goroutines, may run longer and does not count.
//
// [Config].MaxKeys bounds the memory, and [New] allocates it. If more keys have running
// requests, new keys may share one counter. A request may then be refused early, but no
// key ever runs above its limit. Keys are told apart by a 128-bit hash with secret seeds.
//
// # Place in the chain
//
// Inside the ratelimit.Limiter of the same key: a request that waits for a store does not
// run yet, and takes no slot.
package concurrency
