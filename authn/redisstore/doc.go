// Package redisstore keeps the data of authn in Redis, so that any number of processes
// share it: the records of API keys, the sessions, the revocations of access tokens, the logouts
// that identity providers report, and the sealed tokens of users at these providers.
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
//	sessions, err := session.New(session.Config{Store: store.Sessions(), …})
//	revocation, err := session.NewRevocation(session.RevocationConfig{Store: store.Sessions()})
//	login, err := oauth.New(oauth.Config{Logouts: store.Logouts(), …})
//
// # Options
//
//	Prefix                    the beginning of every key in Redis; "sallyport:authn"
//	Timeout                   ends a call whose context has no earlier deadline; 100 ms
//	Replicas                  the replicas that must have a change of a session; 0
//	ReplicaTimeout            how long such a change waits for them; 100 ms
//	DangerouslyAllowEviction  accepts a server that may evict revocations
//
// # Threat
//
// A revoked key or token that some process still accepts, because it remembers the answer. A
// Redis that hangs and takes every request with it. A Redis that has lost its data: a client
// then deletes its good key because the answer was "unknown key", and a token that was
// revoked is good again. A failover that brings an ended session back.
//
// # Invariant
//
// [APIKeys] and [Sessions] ask Redis for each request, and cache nothing. So a key or a token
// that was revoked is refused by the next request to any process. The end of a key holds to
// the nanosecond by the clock of the process. About sessions the clock of Redis decides
// alone.
//
// A call costs one round trip, is sent once, and ends by the deadline of its context. So a
// refresh costs two round trips, and a check of an access token one. After five calls in a
// row without an answer, calls fail at once for up to 2 seconds, and then one call tries
// again. The response to the request is 503, never 401. For API keys it is also 503 if Redis
// has no data at all: it has never had any, or has lost them.
//
// Only hashes of secrets are in Redis. A client that can write to Redis can make keys. A
// client that can read it can end sessions and not refresh them.
//
// # What Redis forgets
//
// A master acknowledges writes that its replicas have not seen yet. When the master dies
// and a replica takes its place, the changes of that delay, mostly less than a
// millisecond, are lost: a key that was revoked then is valid again. After a failover,
// list the keys and repeat the last change. Every state that Redis ever had is a state
// that the package can go on from.
//
// For sessions, Config.Replicas excludes this: each change waits (WAIT) until so many
// replicas have it, which costs one more round trip. If they do not have it in time, the
// change counts on the master, and the error is [ErrNotReplicated]. The client gets 503 and
// tries again, and the retry waits again, also if its session has ended meanwhile. Set
// Replicas to 1 with two replicas, so that the loss of one replica stops no login. Without
// Replicas a session that was ended in the last moment before a failover is back. A refresh
// that a failover loses ends its session, because the token of the client is not known.
//
// A master that is cut off from its sentinels goes on by itself. With Replicas its changes
// are not confirmed, but checks of tokens that still reach it do not see what the new master
// revokes. Set min-replicas-to-write to 1, and a min-replicas-max-lag of a few seconds. A
// replica whose clock is ahead of its master's makes that much time pass when it takes over.
// Revocations outlast their tokens by 60 s, so keep the clocks closer than that.
//
// # Lost data
//
// Set appendonly yes: a server without persistence forgets all keys, sessions and revocations
// when it restarts. The keys cannot come back, and their checks are 503. The sessions are
// over: a refresh is 401. Their access tokens are refused too. A good access token
// has its session in Redis, also if that has ended, so the session of a subject without any
// data counts as ended. When the subject has logged in again, the tokens of unknown sessions
// that are older than this login are refused.
//
// One loss does not show: most subjects have no revocation of a token without a session, so
// its absence says nothing. After a loss of all data, call RevokeSubject or change the keys
// that sign such tokens.
//
// # Eviction
//
// A server that has a maxmemory and another maxmemory-policy than noeviction evicts
// revocations when its memory is full. [Sessions] asks for the policy (INFO memory) at its
// first call and then once a minute. While the policy evicts, each call fails, and the
// response is 503. Set noeviction. Some hosted services evict by default. If that is
// intended, set [Config.DangerouslyAllowEviction]. A user without the right to run INFO is
// not asked to have it: then the package does not know, and goes on.
//
// The API keys have no time to live, so a volatile-* policy never evicts them, and neither
// does noeviction. Do not use an allkeys-* policy.
//
// # Rights of the user
//
// A user of Redis with these rights is enough, if Config.Prefix is PREFIX. A service that
// only checks keys needs no more than hmget:
//
//	ACL SETUSER authn on >password ~PREFIX:* +hmget +hgetall +hdel +eval +evalsha +hget +hset
//
// Sessions need more, and a service that only checks access tokens the second line:
//
//	ACL SETUSER sessions on >password ~PREFIX:* +eval +evalsha +time +hget +hmget +hgetall
//	    +hexists +hlen +hset +hsetnx +hdel +pttl +pexpire +get +set +del +wait
//	ACL SETUSER check on >password ~PREFIX:* +eval +evalsha +time +hmget
//
// Only Config.Replicas needs +wait. With +info the package sees an eviction policy, with
// +ping it opens several connections at once ahead of use, and with +script|load it loads its
// scripts ahead of use. A cluster also needs +cluster|slots.
//
// # Cost
//
// All records of API keys are the fields of one hash, so that a rotation changes two of them
// at once, also on Redis Cluster. A record takes about 400 bytes. All checks go to the one
// server that has the hash.
//
// A subject has one hash, with its sessions and revocations, and its sealed tokens have a key
// each for Config.Grace. All are in one slot, and the subjects spread over the servers of a
// cluster. Each key has a time to live, so a subject without sessions takes no memory. A
// session takes about 500 bytes. A check within a deadline allocates at most four times. A
// session of an identity provider has a hash in a slot of its own. A logout that was reported
// has one or two short strings for minutes, and a user with tokens one string.
//
// # Place in the chain
//
// [APIKeys] is the Store of an apikey.Config. [Sessions] is the Store of a session.Config and
// of a session.RevocationConfig. [Logouts] is Config.Logouts of package oauth, and
// [Tokens] is the Store of a tokens.Config. Close the [Store] when the server has shut down.
package redisstore
