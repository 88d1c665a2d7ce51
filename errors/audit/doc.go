// Package audit is the trail that requests leave: one record per request, with
// one vocabulary for what happened to it.
//
// # Threat
//
// An attack that leaves no trace, or a hundred traces in ten formats that
// nobody can put together; and a trail that is itself the leak, because tokens,
// addresses of pages and what people typed are in it.
//
// # Invariant
//
// A [Record] has enumerated labels, numbers and identifiers, and nothing else
// that a client chose: the route is the router's pattern, an unknown method is
// "other", and a refused credential is a keyed hash. Each request that entered
// the outermost layer leaves exactly one.
//
// # Use
//
// The outermost layer (package httperr) gives its records to one [Sink].
// [Log] writes them to a slog.Logger, in the request itself, which is the
// choice where no record may be missing. [Async] takes the writing out of the
// request, and counts what it drops when the sink behind it cannot follow.
package audit
