// Package logoutstore is the contract between package oauth and a store of logouts, and a store
// in the memory of one process.
//
// # Use
//
//	login, err := oauth.New(oauth.Config{Logouts: new(logoutstore.Memory), OnLogout: onLogout, …})
//
// Package authn/redisstore has a store for several processes.
//
// # The rules of every store
//
// A [Store] is a map from names to times, whose entries end. internal/logouttest tests the rules:
//
//   - Atomic. Each method is one atomic step. A name never goes back to an earlier time.
//   - Retries. A Note that is sent again changes nothing.
//   - Lifetime. An entry lives for the longest of its times to live, and then it is gone.
//   - Deadline. A method returns by the deadline of ctx. An error means that the outcome is
//     not known.
//   - Durable. An entry should be on a replica before Note returns, where the store can do
//     that. A failover that loses an entry lets a logout token be used twice, which ends the
//     same sessions again, or lets a login finish whose session has ended.
//
// # Threat
//
// A reader of the store must learn no name of a user: package oauth stores hashes.
//
// # Place in the chain
//
// Package oauth calls a [Store] for each logout token, and for each login before
// Config.OnLogin. Package logoutstore imports only the standard library.
package logoutstore
