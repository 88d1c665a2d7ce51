// Package ratelimit limits how often a client may call: a sliding window that holds its
// bound.
//
// # Use
//
//	perIP, err := ratelimit.New(ratelimit.Config{
//		Limits: []ratelimit.Limit{ratelimit.PerSecond(10), ratelimit.PerMinute(100)},
//		Key:    ratelimit.ByClientIP,
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	handler = perIP.Handler(handler)
//
// # Options
//
//	Name                      the name of the limiter in headers, records and the Store
//	Limits, Tiers, Tier       the windows, several at once, for all clients or by plan
//	LimitsFor, LimitsTTL      the windows of one key, such as a contract in a database
//	Key                       ByClientIP, ByClientPrefix, By, ByHeader, ByRoute, and First and Join of them
//	Cost, RefundIf            the units of a request, and the statuses that give them back
//	Store, Budget, Replicas   one count for several processes
//	OnFailure, OnState        the decision while the store does not answer
//	Headers, LegacyHeaders    the RateLimit headers
//	Deny, Observe             the response of a refusal, and an observer of every decision
//	MaxKeys                   the memory
//
// # Moving to this package
//
// The page examples/migrate/limits moves limits of httprate, ulule, tollbooth and x/time/rate,
// and counts the requests that each of them admits.
//
// # Threat
//
// Guessed passwords, scraped catalogues, a client in a retry loop. Many limiters against
// them fail without a sign. Most count fixed windows, or weigh two windows by overlap,
// and admit twice the limit around an edge. Some forget a refused client once enough
// new keys push its counter out of a cache. Some charge for refused requests, and so
// lock out for good a client that keeps asking.
//
// # Invariant
//
// A limit of n per window admits at most n requests of a key in every interval as long
// as the window, wherever it begins, and does so for all limits of the [Limiter] at
// once. A refused request costs nothing.
//
// Up to a quota of 128 the limiter keeps the time of each request, and decides as the log
// of all requests would decide. Above it, a request counts for up to 65/64 of the window.
// The header RateLimit-Policy states the window for which requests count, in whole
// seconds: "w=61" for 1000 per minute. A client that keeps the stated q and w is never
// refused, also if it spends a whole quota in one burst every w seconds. That w is at
// most 1.02 times the configured window. Where whole seconds would be more, for a window
// with a fraction of a second, and above a quota of 128 for a window below 50 seconds, the
// header states no w, and Retry-After says when there is room. While a flood of four times
// the limit lasts, a key still gets at least 98 % of its quota (make scoreboard ROWS=R3).
//
// [Config].Cost sets the units that a request takes; it takes all of them, or nothing.
// With [Config].RefundIf the outcome decides. The units are taken before the handler
// runs and given back after it, so running requests and counted requests together never
// exceed the quota. An http.TimeoutHandler must stand outside such a Limiter, because it
// answers while its handler still runs.
//
// [Config].MaxKeys bounds the memory, and [New] allocates it. If more keys are in use, a
// new key may begin with part of its quota spent by others, so it may be refused early,
// and a refund may be lost. No key is ever admitted above its limit, and no number of
// new keys gives back a spent quota. The memory tells strings apart by their length and
// by a 64-bit hash with a secret seed of the Limiter. That any two of a million strings
// share a quota has odds of 1 in 37 million, and an attacker cannot aim at it.
//
// All this holds within one process. Behind a balancer with k processes, each counts by
// itself, and a client may get k quotas. With a [Store] they share one quota.
//
// # A value in the body
//
// A limit by a value in the body, such as the address of a password reset, belongs where the
// body has been read. [Limiter.Guard] runs a function of a handler if the key has room, and
// returns a refusal with Retry-After otherwise. [JoinKeys] joins two values into one key.
//
// # Changing a number
//
// Limits with another quota or another window are other limits: each key starts them with
// an unused quota, in memory because the program starts anew, and in a Store because other
// processes may still count by the old numbers. So a rollout gives a key up to the old and
// the new quota in one window. Where that is too much, run both limits for one window: keep
// the old Limiter, with its Name, in front of a new Limiter with another Name, and remove
// it one window after the last process has started. Then no window holds more than the
// larger of the two quotas. A window that gets longer is rolled out alike, with the longer
// of the two windows.
//
// # When the store fails
//
// No decision waits longer than [Config].Budget. Five failures in a row open a circuit
// breaker. Then no request asks the store, except one at a time as a probe, after a
// pause. The pauses grow from a tenth of a second to two seconds, and each is cut by up
// to half at random, so that processes that lost the store together do not return to it
// together. Meanwhile [Config].OnFailure decides, and [Decision].Degraded and
// [Config].OnState report the failure.
//
// [FailLocal] holds the bound across an outage under three conditions: Replicas is 1,
// one process uses the store, and the store has forgotten nothing when it is back. One
// exception remains: requests that are on their way to the store when it fails may be
// admitted in addition. A Redis that restarts without persistence has forgotten all
// counts, and gives each key a new quota. The memory of the process counts a request for
// Budget longer than the window, because a request may wait that long before it runs.
//
// Each of k processes admits at most ceil(quota/k) by itself, less the units that it has
// admitted before. So a window that an outage touches holds less than two quotas, even
// if one process had spent all of the first quota. A cost above ceil(quota/k) is
// refused. A key that was admitted without the store has no more than ceil(quota/k) in
// this process after the store is back, until those units have left the windows. All
// other keys have their whole quota, except keys that share its cell beyond MaxKeys.
//
// A client that hangs up is no failure of the store, and no policy admits it. A client
// whose own deadline has passed is not admitted either. That counts as a failure of the
// store if the store had at least half of the budget.
//
// # Place in the chain
//
// A limit by address belongs outside authentication, which is expensive and the target
// of attacks. A limit by principal belongs inside it. A request may pass several
// limiters, each with a [Config].Name of its own:
//
//	httperr → clientip → headers → cors → ratelimit (address) → router → authn → ratelimit (principal) → authz → validate
//
// # What the caller must do
//
// Behind a proxy, put package clientip outside. Without it [ByClientIP] sees the address
// of the proxy, and all clients share one quota. Make one Limiter and use it for all
// requests that share the quota: each Limiter counts for itself. Watch Decision.NoKey
// and Decision.UnknownTier in Observe. Such requests share one quota, or have the
// default quota, usually because of a mistake in the configuration.
//
// Package concurrency limits how many requests run at a time. Put it inside the Limiter
// of the same key. Package lockout is for failed logins: it counts them by account as
// well as by account and address, and guesses of others do not keep the owner out. Put a
// limit by address in front of it.
package ratelimit
