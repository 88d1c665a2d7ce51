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
// # Options
//
//	Prefix                    the beginning of every key; "sallyport:ratelimit"
//	Timeout                   ends a call whose context has no earlier deadline; 100 ms
//	Refusals                  refused keys that each set of limits remembers in this process; 4096
//	LeaseAmong                processes that share the windows, for leases; none
//	DangerouslyAllowEviction  accepts a server that may evict counts
//
// # Threat
//
// If each of ten processes counts a limit for itself, a client gets ten limits. Where the
// processes share one count, the usual implementations give the limit away again:
//
//   - Reading and writing in two steps lets races through.
//   - Two weighted counters admit twice the limit around the edge of a window.
//   - The clocks of clients disagree.
//   - A script that is sent again after a lost reply spends twice.
//   - A Redis that hangs takes every request with it.
//
// # Invariant
//
// The Store admits at most n requests of a key in every interval as long as the window, by
// the clock of Redis, over all processes. That clock shows whole microseconds, so a request
// counts for a microsecond longer. That is exactly as strict as the memory store, on
// one node and on Redis Cluster. One script reads that clock, decides all limits of a
// request and writes. A refusal writes nothing.
//
// A clock that is set back never admits more. A clock that is set forward makes time pass,
// for all keys at once. If it is then put right, a key that was used in between is counted
// by the later time until the clock gets there, or until a Reset. If a key is forgotten, by
// Reset or with the server, a later refund of the forgotten units gives nothing back to the
// units counted since, wherever the clock stands: each key draws a number when its first unit
// is debited, and a refund names it. A value that this package did not write is an error
// and never "no limit".
//
// Every call returns by the deadline of its context. If Redis has not decided by then, the
// Limiter decides, and [Error] says why. The [Kind] of the Error is a label for a metric.
// It tells whether Redis was unreachable, whether a configuration is to blame, and whether
// the units may have been spent.
//
// # What Redis forgets
//
// A master acknowledges writes that its replicas have not seen yet. When the master dies
// and a replica takes its place, by Sentinel or in a cluster, the units that were granted in
// that delay, mostly less than a millisecond, are forgotten. The window may grant the same
// number of units again, and no more. The Store does not wait for replicas (WAIT): it would
// cost each decision another round trip, and narrow that gap without closing it.
//
// The configuration of the server has to prevent two more losses. First, a master that is
// cut off from its sentinels goes on by itself. It counts apart from the master that
// replaced it, for the clients that still reach it, unless min-replicas-to-write is 1 and
// min-replicas-max-lag a few seconds. Second, a replica whose clock is ahead of its master's
// makes that much time pass when it takes over.
//
// In a failover group the Store finds the new master about a second after the sentinels
// have named it. The units that the old master counts until then are lost.
//
// A server without persistence forgets all counts when it restarts.
//
// # Eviction
//
// Set maxmemory-policy to noeviction. Every other policy evicts the counts of clients that
// are being limited. With volatile-ttl these are even the first to go: a refusal writes
// nothing, so the time to live of a limited key only shrinks, and every other key has a
// longer one. The Store asks the server by INFO memory, when it is first used and then once a
// minute. If maxmemory is set and the policy is another one, the limiter calls OnState with
// an [Error] of kind "evicts" and goes on. From then on no login is admitted until the policy
// is noeviction: lockout.ErrUnavailable. Some hosted services evict by default. If that is intended, set
// [Config.DangerouslyAllowEviction]. A user without the right to run INFO is not asked to have
// it: then the Store does not know, and admits logins.
//
// # Rights of the user
//
// A user of Redis with these rights is enough, if Config.Prefix is PREFIX:
//
//	ACL SETUSER limits on >password ~PREFIX:* +eval +evalsha +time +get +set +getrange +setrange
//	    +pexpire +pttl +del +unlink
//
// With +info the Store sees an eviction policy that breaks the bound, with +ping it opens
// several connections at once ahead of use, and with +script|load it loads its scripts ahead
// of use. A cluster also needs +cluster|slots. If a right is missing, the [Kind] is
// "no_auth".
//
// # Failed logins
//
// [Store.Lockout] returns a Store for a lockout.Guard. It uses the same connections with the
// same care: one script and one key for each step, the clock of Redis, no command sent
// twice, no answer after the deadline. One key holds all failures and all known addresses of
// an account, and no flood of other names displaces it. If Redis does not answer, no guess is
// admitted: lockout.ErrUnavailable. A Begin whose reply was lost may have been counted, and
// then counts as a failure. A known address that loses ten such replies in an hour must wait.
//
// A failover forgets the guesses of that moment, and no more: the outcome of a forgotten
// guess changes no count of others, and every value that this package ever wrote stays
// readable. If the clock of Redis is set back, the time of an account goes on from its last
// change, after a second at most. So no delay is longer than MaxDelay, and no lockout longer
// than Window, however far ahead the clock was.
//
// # Cost
//
// A caller that comes alone makes one call of its own. The more callers there are, the more
// of them share one call: callers of one key merge into one entry, and one script call
// decides many keys. Two calls are under way at a time. Up to sixteen are, each on a
// connection of its own, if the server is so far away that even the shortest call takes 900
// microseconds or more. A key holds 15 bytes, 265 more for a limit above 128, else 8 for each
// unit of the quota. A request that is admitted by a limit of up to 128 writes them all: 815
// bytes with 100 per minute, also to replicas and to an append-only file. A login makes two
// calls, one before the password is hashed and one after. A refused login makes one.
//
// A new connection takes three round trips before it can decide anything. Where that is more
// than the budget of a decision, the first decision fails, and so do the decisions after a
// stall. Meanwhile connections are made in the background, at most sixteen to a server at
// once and within a second, and the next decision finds them.
//
// Where one key is most of the load, [Config.LeaseAmong] makes a process debit several units
// at once and admit them without asking Redis: about a microsecond a decision. A lease ends
// with the sub-bucket in which it was debited, by the clock of Redis, so the bound is the
// same. It holds as long as the clocks of process and server run equally fast within an
// eighth. If the clock of the server is set forward, time passes for a lease only when the
// lease ends.
//
// # Place in the chain
//
// The Store is a field of ratelimit.Config or of lockout.Config, and has no handler of its
// own. One client serves one master, also of a Sentinel group, or a cluster. Two processes
// with the same name and limits share one window. If one number changes, each key begins
// anew. Close the Store when the server has shut down.
package redisstore
