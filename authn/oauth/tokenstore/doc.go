// Package tokenstore is the contract between package authn/oauth/tokens and a store of sealed
// tokens, and a store in the memory of one process.
//
// # Use
//
//	keeper, err := tokens.New(tokens.Config{Store: new(tokenstore.Memory), …})
//
// Package authn/redisstore has a store for several processes.
//
// # The rules of every store
//
// A [Store] is a map from names to bytes, with compare-and-swap. internal/tokentest tests the
// rules:
//
//   - Atomic. Each method is one atomic step. Of two Swaps from one value, one succeeds.
//   - Retries. A Swap that is sent again after a lost reply succeeds again.
//   - Lifetime. A value lives for keep after its Swap, and then it is gone.
//   - Deadline. A method returns by the deadline of ctx. An error means that the outcome is
//     not known.
//   - Failover. An earlier value that a failover brings back may have a refresh token that was
//     spent. The provider then refuses it, and the user logs in again.
//
// # Threat
//
// A reader of the store must see neither a token nor the name of a user: the values are sealed,
// and the names are hashes.
//
// # Place in the chain
//
// Package authn/oauth/tokens calls a [Store]. Package tokenstore imports only the standard
// library.
package tokenstore
