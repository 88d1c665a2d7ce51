// Package audit defines the audit record: one record per request, with fixed
// names for the security events of the request.
//
// # Use
//
//	queue, err := audit.Async(audit.Log(logger), 4096)
//	if err != nil {
//		log.Fatal(err)
//	}
//	queue.OnError = func(err error) { logger.Error("audit", "error", err) }
//	defer queue.Close(context.Background())
//	errs, err := httperr.New(httperr.Config{Sink: queue})
//
// The outermost layer (package httperr) passes its records to one [Sink]. [Log]
// writes them to a slog.Logger before the request ends; use it alone where no
// record may be missing. [Async] moves the writing out of the request. It counts the
// records that it drops when the next sink is too slow. It also counts the records
// that the next sink does not take, and passes the reason of each to OnError. [Func]
// makes a Sink of a function of yours.
//
// # Threat
//
// An attack leaves no trace, or it leaves a hundred traces in ten formats that
// cannot be put together. Or the audit trail itself is the leak, because it holds
// tokens, URLs and the input of users.
//
// # Invariant
//
// A [Record] has enumerated labels, numbers and identifiers, and no other text
// that a client chose: the route is the router's pattern, an unknown method is
// "other", and a refused credential is a keyed hash. The exceptions are the masked path of
// a request that no route matched, the cause of a refusal, which is an error of the program,
// and the reason of a decider. Each request that entered the outermost
// layer leaves exactly one record. Package safelog logs the identifiers as they are,
// including an e-mail address, and masks the cause and the reason.
//
// # What the caller must do
//
// Close an [AsyncSink] after the server has shut down, or the records in its
// queue are lost.
package audit
