// Package redisstore keeps the windows of package ratelimit, and the failed logins of
// package lockout, in Redis, so that any number of processes share them.
//
// # Use
//
//	client := redis.NewClient(&redis.Options{Addr: "redis:6379"})
//	store, err := redisstore.New(client, redisstore.Config{Prefix: "shop:limits"})
//	if err != nil {
//		return err // every fault at once
//	}
//	limiter, err := ratelimit.New(ratelimit.Config{
//		Name: "api", Limits: []ratelimit.Limit{ratelimit.PerMinute(100)},
//		Key: ratelimit.ByClientIP, Store: store,
//	})
//
// The client is one for the master, also of a Sentinel group, or for a cluster. The
// same name and limits on two processes are the same window; change one number and
// each key begins anew. Close the Store when the server has shut down.
//
// # Options
//
//	Prefix      what all keys begin with; "sallyport:ratelimit"
//	Timeout     ends a call whose context has no earlier deadline; 100 ms
//	Refusals    refused keys that each set of limits remembers in this process; 4096
//	LeaseAmong  processes that share the windows, for leases; none
//
// Every call returns by the deadline of its context. If Redis has not decided by
// then, the Limiter decides, and [Error] says why: its [Kind] is a label for a metric,
// and tells whether Redis was unreachable, whether a configuration is to blame, and
// whether the units may have been spent.
//
// # Threat
//
// A limit that each of ten processes counts for itself is ten limits. Where
// they share one, the usual ways to do it give the limit away again: reading
// and writing in two steps lets races through; two weighted counters admit twice
// the limit around an edge; the clocks of clients disagree; a script that is sent
// again after a lost reply spends twice; and a Redis that hangs takes every
// request with it.
//
// # Invariant
//
// At most n requests of a key in every interval as long as the window, by the
// clock of Redis, over all processes: exactly as strict as in memory, on one
// node and on Redis Cluster. One script reads that clock, decides all limits of
// a request and writes; a refusal writes nothing. A clock that is set back never
// admits more; one that is set forward makes time pass, for all keys at once, and
// if that is then put right, a key that was used in between is counted by the
// later time until the clock gets there. What a key has forgotten, by Reset or
// with the server, nobody gives back to what it has counted since. A value that this package did not write
// is an error and never "no limit".
//
// # What Redis forgets
//
// A master acknowledges what its replicas have not seen yet. When it dies and one
// of them takes its place, by Sentinel or in a cluster, units that were granted
// in that delay, mostly less than a millisecond, are forgotten, and the window may
// grant them again: as many as it granted then, and no more. Nothing here waits
// for replicas (WAIT): it would cost each decision another round trip, and narrow
// that gap without closing it. Two more things are for the server to see to. A
// master that is cut off from its sentinels goes on by itself, and so counts apart
// from the one that replaced it for those who still reach it, unless
// min-replicas-to-write is 1 and min-replicas-max-lag a few seconds. And a replica
// whose clock is ahead of its master's makes that much time pass when it takes over.
//
// Of a failover group the Store finds the new master about a second after the
// sentinels have named it; what it asked of the old one until then is forgotten.
//
// A server without persistence forgets all counts when it restarts. Set
// maxmemory-policy to noeviction or to volatile-ttl: others evict the counts of
// those who are being limited.
//
// # Failed logins
//
// [Store.Lockout] is a Store for a lockout.Guard, on the same connections and
// with the same care: one script and one key for each step, the clock of Redis,
// nothing sent twice, no answer after the deadline. All that an account has
// failed and all that is known of it lies in one key, and no flood of other names
// displaces it. If Redis does not answer, nobody may guess: lockout.ErrUnavailable.
// A Begin whose reply was lost may have been counted, and then counts as a
// failure; a known address that was unlucky ten times in an hour has to wait.
//
// # What it costs
//
// A caller that finds nobody else asking makes one call of its own. The more
// there are, the more share one: callers of one key merge into one entry, and
// many keys are decided by one script call. Two calls are under way at a time,
// and up to sixteen, each on a connection of its own, if the server is so far
// that even the shortest call takes 900 microseconds or more. A key holds 8
// bytes, 80 more for a limit above 16, else 8 for each unit. A login makes two
// calls, one before the password is hashed and one after; one that is refused
// makes one.
//
// A new connection takes three round trips before it has decided anything. Where
// that is more than the budget of a decision, the first fails, and so do those
// after a stall; meanwhile connections are made in the background, at most sixteen
// to a server at once and within a second, and the next decision finds them.
//
// Where one key is most of the load, [Config.LeaseAmong] has a process debit
// several units at once and admit them without asking: about a microsecond a
// decision. A lease dies with the sub-bucket it was debited in, by the clock of
// Redis, so the bound is the same. It holds as long as the clocks of process and
// server run equally fast within an eighth, and a clock of the server that is set
// forward makes time pass for leases only when they end.
package redisstore
