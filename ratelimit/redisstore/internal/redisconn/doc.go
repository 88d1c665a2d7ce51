// Package redisconn makes the connections of a store whose decisions have a budget.
//
// # Use
//
//	client, err := redisconn.New(theirs, takeSource, refundSource)
//	if err != nil {
//		return err // theirs cannot be used, and why
//	}
//	defer client.Close()
//	if err := client.Process(ctx, cmd); isDeadline(err) {
//		client.Prewarm(1)
//	}
//
// # Invariants
//
// A call ends by the deadline of its context, whatever the options of the given client
// do: OnConnect, credential providers and dialers that hang, fail or panic. A command
// is sent once, also by a cluster client, which would repeat it after a lost reply. A
// master that the sentinels have replaced is not asked any more. A connection that the
// server has closed costs no call, and a server that is far away is reached although
// making a connection takes longer than the budget.
package redisconn
