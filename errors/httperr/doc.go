// Package httperr is the outermost layer of the chain and the one shape of every
// refusal.
//
// # Threat
//
// An error body is where a service talks too much: stack traces, SQL, file
// paths, Go type names, the password the client just sent. And where each
// layer words its own errors, a client cannot handle them and an operator
// cannot find them in the log.
//
// # Invariant
//
// A client sees a code, a message that is a constant of the program, and a
// correlation ID, and nothing else:
//
//	{"code":"not_found","message":"There is no such resource.","correlation_id":"0190163d-…"}
//
// Only a validation error adds a member, errors, and that holds pointers and
// constants of the schema, never a value. Everything else (the cause, a panic
// with its stack) goes to the log under the same correlation ID.
//
// # Use
//
// [Middleware] goes outside everything else: it assigns the correlation ID,
// recovers panics and writes one record per request. Inside it, a handler that
// returns an error becomes a [HandlerFunc], every layer of the suite refuses
// through [Write], and [WrapMux] gives the router's own 404 and 405 the same
// shape.
package httperr
