// Package sessionstore is the contract between package session and a store, and a store in
// the memory of one process.
//
// # Use
//
//	store := new(sessionstore.Memory) // one process; package authn/redisstore has one for several
//	manager, err := session.New(session.Config{Store: store, …})
//
// # The rules of every store
//
// A service that only starts and ends sessions need not read further. To write a [Store],
// keep to these rules; internal/sessiontest tests them.
//
//   - Clock. The store has the clock. Package session passes durations and no moments of its
//     own, and it gets the moments back as the store wrote them. All processes that share a
//     store share the clock, so the clock of a process decides nothing. The one
//     exception is until in Linked, which the identity provider has told. Moments have
//     milliseconds.
//   - Atomic. Each method is one atomic step: two calls at a time have the effect of one
//     call after the other. No method spans two subjects.
//   - Slot. All data of a subject is found by the first TagLen characters of the session
//     ID, its tag. In a Redis Cluster the tag is the hash tag. The data of Link and Linked
//     is found by the key of the upstream session, in a slot of its own.
//   - Retries. A client may send a call again because the reply was lost. Each method says
//     the answer to such a retry.
//   - Deadline. A method returns by the deadline of ctx. An error means that the outcome is
//     not known: the call may have been applied.
//   - Durable. Create, End, RevokeSubject and RevokeToken should be on a replica before they
//     return, where the store can do that. If the store knows that a change was applied
//     here but not replicated, it returns an error. A Commit that a failover loses ends a
//     session, as said at [Store.Commit], so the same is better there.
//   - Secrets. Data and State let a reader end a session, and never use one. They hold
//     names of people. Sealed must be gone after its time. A store never logs them.
//
// # After a failover
//
// A failover may bring back an earlier state. Package session settles each call against the
// state that the store then has:
//
//   - A session whose Create was lost is not found: its client logs in again.
//   - A session whose Commit was lost has its earlier state. A client that got the lost
//     token presents a token that the state does not have. Package session cannot tell it
//     from a spent one, and ends the session.
//   - A session whose End was lost is back. Only a store that replicates before it answers
//     excludes that.
//   - A Commit, an End or a retry that comes late finds a state that it did not expect.
//     The comparison in Commit keeps the state, and the other methods write the same in
//     every state. No state is corrupt because it is early.
//
// # Place in the chain
//
// Package session calls a [Store]. Package session/sessionstore imports only the standard
// library.
package sessionstore
