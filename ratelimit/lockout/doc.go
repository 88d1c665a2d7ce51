// Package lockout guards a login against guessing: it counts failures, delays,
// locks, and never keeps out the owner for what others did.
//
// # Threat
//
// Somebody tries passwords on an account, from one address or from a thousand.
// The usual defences have gaps of their own. A count that is raised after the
// password was checked lets a thousand guesses at a time through. A delay that
// sleeps holds a goroutine for each of them. A lockout of the account is a switch
// by which anybody keeps its owner out (CWE-645), and one that exists only for
// accounts that exist says which do (CWE-204).
//
// # Invariant
//
// In every interval as long as Config.Window, an account has at most PerAccount
// failed guesses from all addresses together that it does not know, PerAddress
// of them from one address, and PerAddress from each address that it knows, which
// are MaxKnown at a time. One that it knows no more keeps its failures. Guesses
// under way are counted like failures. All this starts anew only when a token or
// an administrator unlocks it, and for one address when the owner logs in from
// there.
//
// An address (an IPv6 one stands for its /64) is known to an account for KnownFor
// after a login from there, or after its unlock token was redeemed there. Nothing
// that is done elsewhere refuses a login from a known address. One who shares it
// with the owner, behind the same NAT, can lock that address, and guesses no
// faster than others do.
//
// With the defaults those are 30 guesses an hour, whoever makes them and from
// however many addresses, and each 30 of them cost a lockout that the owner is
// told of.
//
// A refusal is 429 with Retry-After, before the password is hashed, and the same
// whether the account exists or not: nothing is looked up. Accounts, addresses
// and tokens are stored as keyed hashes and are in no response and no log.
//
// Without a Store, memory is fixed by Config.MaxAccounts. If more than twice that
// many accounts have failures at a time, a new one may start with failures of
// others: with k times as many, about k of them. So a flood of names gives nobody
// a guess back, and must fail some 300,000 times an hour, at the defaults, to shut
// out even those who come from new addresses; where the owners have logged in from
// is kept apart from it.
//
// # When the store fails
//
// No call waits longer than Config.Budget. Without an answer nobody may guess:
// [ErrUnavailable], 503 with Retry-After, and the record of the request says that
// the store was not there. The memory of a process is no stand-in: it knows no
// address that an owner has logged in from, so whoever can slow the store down
// would keep her out, and each process would grant the limits once more.
//
// # What it does not stop
//
// One guess at each of a million accounts: no account sees a second. That is for
// ratelimit by address, outside this package, and for a list of passwords that
// are not to be used. While an account is under attack from many addresses, its
// owner cannot log in from a new one without the unlock token: what is the same
// to the service as the attack cannot be let through. The token makes the address
// she redeems it from a known one, so that no attack that goes on is faster. Nor
// does it stop one who has the password.
//
// # Place in the chain
//
//	httperr → clientip → headers → cors → ratelimit (address) → the login handler, with a Guard in it
//
// # What the caller must do
//
// Call [Guard.Begin] before the password is hashed, and one of Success, Failure
// and Cancel after; defer Failure for every other way out. If a second factor is
// asked for in a request of its own, Cancel after the right password, and Begin
// again for the code: Success is for who has given both. Normalise the account.
// For one that does not exist, hash the password against a dummy, fail in the
// same time and with the same text. Behind a proxy, use the address of package
// clientip, or all clients are one. Call [Guard.Forget] when a password is reset,
// after it was. With several processes, share a Store: package
// ratelimit/redisstore has one.
package lockout
