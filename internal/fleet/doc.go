// Package fleet is a model of many processes that share limits on a Redis Cluster, in virtual
// time. No program imports it.
//
// # Use
//
//	make fleet
//
// The target measures the cost of an operation on this machine, runs the model with that cost,
// prints one table, and writes it to .github/SIMULATION.md.
//
// # Threat
//
// A bound that holds for three processes and one server on one machine may not hold for a
// thousand processes and twelve shards: leases add up, shards saturate, processes that decide
// by themselves add up.
//
// # Model
//
// The leases and the circuit breaker are the code of the library. The script, the refusals
// that a process remembers, and the memory of a process are restated here: the script as its
// rule, without Redis. A test makes the same decisions with real Limiters on a real Redis, in
// a bubble of virtual time with a server whose clock the test moves, and compares each of
// them. Requests group into calls by the rules of package redisstore. Each shard serves one
// call after the other, each for the measured time, event by event.
//
// # Invariant
//
// The same seed gives the same result. No key is admitted above its limit, except for units
// that a failover has forgotten and units that processes have admitted by themselves, each at
// most its share. Models with a mistake exceed that bound.
package fleet
