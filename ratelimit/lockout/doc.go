// Package lockout guards a login against guessing: it counts failures, delays, locks, and
// never keeps the owner out because of the guesses of others.
//
// # Use
//
//	guard, err := lockout.New(lockout.Config{})
//	…
//	attempt, err := guard.Begin(ctx, account, client) // before the password is hashed
//	if err != nil {
//		return err // 429 with Retry-After
//	}
//	defer attempt.Failure(ctx) // for every way out without Success or Cancel
//	if !passwordIsRight {
//		return errWrongPassword
//	}
//	_ = attempt.Success(ctx)
//
// # Options
//
//	PerAddress, PerAccount              the failures that lock
//	Window                              the length of a lockout
//	DelayAfter, FirstDelay, MaxDelay    the delays before the lockout
//	ChallengeAfter                      the failures after which to ask for a CAPTCHA
//	KnownFor, MaxKnown                  the addresses that an account knows
//	TokenFor                            the life of an unlock token
//	Store, Secret, Budget               one count for several processes
//	MaxAccounts                         the memory
//	Observe, OnThreshold                observers of decisions and of lockouts
//
// # Threat
//
// An attacker tries passwords on an account, from one address or from a thousand. The
// usual defences have gaps of their own. A count that is raised after the password check
// lets a thousand guesses at a time through. A delay that sleeps holds a goroutine for
// each guess. A lockout of the whole account lets any attacker keep the owner out
// (CWE-645). A lockout for existing accounts only tells which accounts exist (CWE-204).
//
// # Invariant
//
// In every interval as long as Config.Window, an account has at most these failed guesses:
//
//   - PerAccount from all addresses together that it does not know,
//   - PerAddress of these from one address,
//   - PerAddress from each address that it knows; it knows MaxKnown addresses at a time.
//
// An address that becomes unknown keeps its failures. Running guesses count like failures.
// The counts start anew only when a token or an administrator unlocks the account, and for
// one address when the owner logs in from there.
//
// An account knows an address (an IPv6 address stands for its /64) for KnownFor after a
// login from there, or after its unlock token was redeemed there. Attempts from other
// addresses never refuse a login from a known address. An attacker that shares a known
// address with the owner, behind the same NAT, can lock that address, but guesses no
// faster than from elsewhere.
//
// With the defaults this allows 30 guesses an hour from unknown addresses, from any number
// of them. Each 30 guesses cost the attacker a lockout, and the owner is told of it.
//
// A refusal is 429 with Retry-After, before the password is hashed. It is the same whether
// the account exists or not, because the guard looks up no account. Accounts, addresses
// and tokens are stored as keyed hashes, and stand in no response and no log.
//
// Without a Store, Config.MaxAccounts bounds the memory. The memory counts eight addresses
// of an account apart, besides the known addresses. Further addresses share the count of
// their failures, so one of them may have to wait for the failures of another. If more than
// twice that many accounts have failures at a time, a new account may start with failures of
// others: with k times as many, about k of them. So a flood of names gives no attacker a guess
// back. At the defaults it must fail some 300,000 times an hour, which is 2 × MaxAccounts ×
// PerAddress, to shut out even owners who come from new addresses. Known addresses are kept
// apart from the counters.
//
// # When the store fails
//
// No call waits longer than Config.Budget. Without an answer all guesses are refused with
// [ErrUnavailable], 503 with Retry-After, and the record of the request says that the
// store did not answer. The memory of a process cannot replace the store. It does not know
// the addresses of the owners, so an attacker that slows the store down would keep owners
// out, and each process would grant the limits once more.
//
// # What it does not stop
//
// One guess at each of a million accounts: no account sees a second guess. Against that use
// package ratelimit by address, outside this package, and a list of forbidden passwords.
//
// While an account is under attack from many addresses, its owner cannot log in from a new
// address without the unlock token, because the service cannot tell that login from the
// attack. The token makes the address from which the owner redeems it a known address, so
// a continuing attack cannot lock it again first.
//
// An attacker that has the password is not stopped either.
//
// # Place in the chain
//
//	httperr → clientip → headers → cors → ratelimit (address) → the login handler, with a Guard in it
//
// # What the caller must do
//
//   - Call [Guard.Begin] before the password is hashed, and one of Success, Failure and
//     Cancel after. Defer Failure for every other way out.
//   - If a second request asks for a second factor, call Cancel after the right password,
//     and Begin again for the code. Success is for a client that has given both.
//   - Normalise the account.
//   - If the account does not exist, hash the password against a dummy, and fail in the
//     same time and with the same text.
//   - Behind a proxy, use the address of package clientip, or all clients are one.
//   - Call [Guard.Forget] after a password was reset.
//   - With several processes, share a Store: package ratelimit/redisstore has one.
package lockout
