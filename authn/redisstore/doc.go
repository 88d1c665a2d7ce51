// Package redisstore keeps the data of authn in Redis, so that any number of processes
// share it: the records of API keys.
//
// # Use
//
//	client := redis.NewClient(&redis.Options{Addr: "redis:6379"})
//	store, err := redisstore.New(client, redisstore.Config{Prefix: "notes:authn"})
//	if err != nil {
//		return err // every fault at once
//	}
//	defer store.Close()
//	keys, err := apikey.New(apikey.Config{Store: store.APIKeys(), Prefix: "notes", Env: "live"})
//
// # Options
//
//	Prefix   the beginning of every key in Redis; "sallyport:authn"
//	Timeout  ends a call whose context has no earlier deadline; 100 ms
//
// # Threat
//
// A revoked key that some process still accepts, because it remembers the answer. A Redis
// that hangs and takes every request with it. A Redis that has lost its data, and a client
// that then deletes its good key because the answer was "unknown key".
//
// # Invariant
//
// [APIKeys] asks Redis for each request, and caches nothing. So a key that was revoked is
// refused by the next request to any process, and the end of a key holds to the
// nanosecond by the clock of the process.
//
// A call costs one round trip, is sent once, and ends by the deadline of its context.
// After five calls in a row without an answer, calls fail at once for up to 2 seconds, and
// then one call tries again. The response to the request is 503, never 401. It is also 503
// if Redis has no data at all: it has never had any, or has lost them.
//
// Only hashes of secrets are in Redis. A client that can write to Redis can make keys.
//
// # What Redis forgets
//
// A master acknowledges writes that its replicas have not seen yet. When the master dies
// and a replica takes its place, the changes of that delay, mostly less than a
// millisecond, are lost: a key that was revoked then is valid again. After a failover,
// list the keys and repeat the last change. Every state that Redis ever had is a state
// that the package can go on from.
//
// Set appendonly yes: a server without persistence forgets all keys when it restarts. The
// data have no time to live, so a volatile-* policy never evicts them, and neither does
// noeviction. Do not use an allkeys-* policy.
//
// # Rights of the user
//
// A user of Redis with these rights is enough, if Config.Prefix is PREFIX. A service that
// only checks keys needs no more than hmget:
//
//	ACL SETUSER authn on >password ~PREFIX:* +hmget +hgetall +hdel +eval +evalsha +hget +hset
//
// With +ping it opens several connections at once ahead of use, and with +script|load it
// loads its scripts ahead of use. A cluster also needs +cluster|slots.
//
// # Cost
//
// All records are the fields of one hash, so that a rotation changes two of them at once,
// also on Redis Cluster. A record takes about 400 bytes. All checks go to the one server
// that has the hash.
//
// # Place in the chain
//
// [APIKeys] is the Store of an apikey.Config. Close the [Store] when the server has shut
// down.
package redisstore
