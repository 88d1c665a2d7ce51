// Package httperr answers every refused or failed request with one error
// envelope, and is the outermost layer of the chain.
//
// # Use
//
//	errs, err := httperr.New(httperr.Config{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	mux := http.NewServeMux()
//	mux.Handle("GET /notes/{id}", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
//		return httperr.ErrNotFound
//	}))
//	handler := errs.Handler(httperr.WrapMux(mux))
//
// [Middleware] assigns the correlation ID, recovers panics and writes one record
// per request. [HandlerFunc] is a handler that may return an error. [WrapMux]
// gives the router's own 404 and 405 the envelope, and [Seal] the failures of
// handlers that you do not control. [NoteRoute] tells the record the pattern of a
// router other than http.ServeMux. Every layer of the suite refuses through
// [Write]. [Propagate] sends the correlation ID to other services.
//
// # Options
//
//	Logger              panics with their stacks, and failures of Sink, Observe and Route
//	Sink                receives one audit.Record per request; nil logs it
//	Observe             receives the same record, for metrics
//	Encoder             the format of the bodies; see ProblemJSON
//	Route               the pattern of a router that tells it afterwards, as chi does
//	Classify            responses for errors of other packages
//	CorrelationHeader   the header of the correlation ID, such as X-Request-ID
//	TrustInbound        peers that may choose the correlation ID; see TrustPeers
//	CredentialKey       the key of the hashes of refused credentials
//
// # Moving to this package
//
// The page examples/migrate/routers has one service on ServeMux, chi, gorilla/mux, httprouter, gin
// and echo, each with its 404, its 405 and its records.
//
// # Threat
//
// An error body can reveal too much: stack traces, SQL, file paths, Go type
// names, the password that the client has just sent. And if each layer has its
// own error format, clients cannot handle the errors and operators cannot find
// them in the log.
//
// # Invariant
//
// A client sees a code, a message that is a constant of the program, and a
// correlation ID, and nothing else:
//
//	{"code":"not_found","message":"There is no such resource. Check the address.","correlation_id":"0190163d-…"}
//
// Only a validation error adds a member, errors, which holds pointers and
// constants of the schema, and never a value. Everything else (the cause, a panic
// with its stack) goes to the log under the same correlation ID.
//
// A client that leaves, or that does not send its whole body, causes no status of
// 500 or above; see [Write].
//
// # What the caller must do
//
// A handler that reads a body through http.MaxBytesReader and finds it too large
// returns the error, or answers with [ErrBodyTooLarge]. If it answers otherwise, an
// HTTP/1.1 connection stays open for the rest of the body: http.MaxBytesReader
// does not find the server's writer under another one (golang/go#73754). Write
// closes the connection.
//
// Put [Seal] around a foreign layer that recovers panics, such as chi's Recoverer:
// its own response to a panic is not the envelope, and the panic is not in the
// record.
//
// # Place in the chain
//
// [Middleware] goes outside everything else: outside clientip, headers and cors.
// Inside it, WrapMux goes around the router, and Seal around a handler that you
// do not control.
package httperr
