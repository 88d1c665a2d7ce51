// Package redisconn makes the connections of a store whose decisions have a budget.
//
// # Use
//
//	client, err := redisconn.New(theirs, takeSource, refundSource)
//	if err != nil {
//		return err // the reason why theirs cannot be used
//	}
//	defer client.Close()
//	if err := client.Process(ctx, cmd); isDeadline(err) {
//		client.Prewarm(1)
//	}
//
// # Threat
//
// The options of the given client may contain hooks, credential providers and dialers that
// hang, fail or panic. A cluster client repeats a command after a lost reply, so a script
// spends twice. A replaced master may live on and answer.
//
// # Invariants
//
// A call ends by the deadline of its context, whatever the options of the given client do.
// A command is sent once. A master that the sentinels have replaced gets no more commands. A
// connection that the server has closed fails no call. A server that is far away is reached
// although making a connection takes longer than the budget.
//
// # Place in the chain
//
// The packages redisstore of ratelimit and of authn are the callers. A store closes its
// Client when it is closed.
package redisconn
