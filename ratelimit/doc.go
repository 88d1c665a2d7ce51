// Package ratelimit limits how often a client may call: a sliding window that
// holds its bound.
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
//	Limits, Tiers, Tier       the windows, several at once, for all clients or by plan
//	Key                       ByClientIP, By, ByHeader, ByRoute, and First and Join of them
//	Cost, RefundIf            the units of a request, and the statuses that give them back
//	Store, Budget, Replicas   one count for several processes
//	OnFailure, OnState        the decision while the store does not answer
//	Headers, LegacyHeaders    the RateLimit headers
//	Deny, Observe             the response of a refusal, and a watcher of every decision
//	MaxKeys                   the memory
//
// # Threat
//
// Guessed passwords, scraped catalogues, a client in a retry loop. A limiter
// against them fails quietly. Most count fixed windows, or weigh two of them by
// overlap, and let twice the limit through around an edge; some forget whoever
// was denied once enough new keys push the counter out of a cache; and some
// charge for what they refuse, and so lock out for good whoever keeps asking.
//
// # Invariant
//
// A limit of n per window admits at most n requests of a key in every interval
// as long as the window, wherever it begins, for all limits of the [Limiter] at
// once. A refused request costs nothing.
//
// The price: above a quota of 16 a request counts for up to 17/16 of the window.
// A steady flood of four times the limit still gets at least 15/16 of it, but a
// client that spends a whole quota in one burst, once a window to the second,
// is refused until that sixteenth has passed, as Retry-After tells it.
//
// What a request costs is up to [Config].Cost; all of it is taken, or nothing.
// With [Config].RefundIf the outcome decides: it is taken before the handler runs
// and given back after it, so that what runs and what counts is never more
// together than the quota. An http.TimeoutHandler goes outside such a Limiter:
// it answers for a handler that runs on.
//
// Memory is fixed by [Config].MaxKeys and allocated by [New]. If more keys than
// that are in use, a new one may begin with part of its quota spent by others,
// so it may be refused early, and a refund may be lost; none is ever admitted
// above its limit, and no number of new keys gives back a quota that was used up.
// Strings are told apart by their length and a 64-bit hash with a secret seed of
// the Limiter's own: that any two of a million share a quota has odds of 1 in 37
// million, and nobody can aim at it.
//
// All this holds within one process; behind a balancer with k of them, each
// counts by itself, and a client may get k quotas. With a [Store] they share one.
//
// # When the store fails
//
// No decision waits longer than [Config].Budget. After five failures in a row the
// store is left alone, and one request at a time tries it again, after a pause
// that grows from a tenth of a second to two seconds and is cut by up to half at
// random: processes that lost it together do not come back together. Meanwhile
// [Config].OnFailure decides, and [Decision].Degraded and [Config].OnState tell.
//
// [FailLocal] holds the bound across an outage if Replicas is 1, one process uses
// the store, and that has forgotten nothing when it is back, but for requests
// that are on their way to the store in the moment in which it fails: those may
// be admitted on top. A Redis that restarts without persistence has forgotten
// all, and gives each key a quota anew. What this memory counts it counts for
// Budget longer than the window, for as long may a request wait before it runs.
//
// Of k processes each admits at most ceil(quota/k) by itself, less what it has
// admitted before, so a window that an outage touches holds less than two quotas
// even if one process had spent all of the first; and a cost above ceil(quota/k)
// is refused. When the store is back, a key of which something was admitted
// without it has no more than that here, until this has left the windows. The
// others have all of theirs, but for those that share its place beyond MaxKeys.
//
// A client that hangs up is no failure, and no policy lets it in. One whose
// context ends by its own deadline is not let in either: it is a failure if the
// store had at least half of the budget.
//
// # Place in the chain
//
// A limit by address belongs outside authentication, which is expensive and
// what is attacked; a limit by principal inside it. A request may pass several,
// each with a [Config].Name of its own:
//
//	httperr → clientip → headers → cors → ratelimit (address) → router → authn → ratelimit (principal) → authz → validate
//
// # What the caller must do
//
// Behind a proxy, put package clientip outside: without it [ByClientIP] sees the
// proxy's address, and all clients share one quota. Make one Limiter and use it
// for all requests that share the quota: each Limiter counts for itself. Watch
// Decision.NoKey and UnknownTier in Observe: such requests share one quota, or
// have the default one, and nobody meant them to.
//
// How many requests run at a time is for package concurrency, inside the Limiter
// of the same key.
// Failed logins are for package lockout: it counts them by account as well as by
// account and address, and does not keep the owner out for what others guess. A
// limit by address belongs in front of it.
package ratelimit
