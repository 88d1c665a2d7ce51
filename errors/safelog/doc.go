// Package safelog makes a log safe to keep: a slog.Handler that goes in front of
// the one that writes, and a type for values that must never be printed.
//
// # Threat
//
// A log is read by more people than the database, kept for longer, and sent to
// third parties. Into it go the header map that somebody dumped, the struct with
// the password field, the URL with the token that an HTTP client put into its
// error; and text of an attacker, who forges a line with a line end, disguises
// one with control characters, or fills the disk. And a line without the ID of
// its request cannot be found.
//
// # Invariant
//
// Whatever is logged, at whatever depth of groups and values:
//
//   - The value under a sensitive key is [REDACTED] as a whole. Keys are compared
//     by their last words, without regard to case and separators.
//   - Text that looks like a credential, wherever it stands, is masked: JSON Web
//     Tokens, Bearer and Basic credentials, userinfo in URLs, payment card
//     numbers, e-mail addresses, and pairs such as password=… or "token":"…".
//     That holds for the message, for errors, and for what methods return.
//   - Text has no control, bidirectional or invisible characters, and an end.
//   - Each line has the correlation_id, and the trace_id if there is one, of the
//     request that its context belongs to: at the root, also inside WithGroup.
//   - What cannot be seen into (unexported fields, channels, functions), or lies
//     beyond a limit, is left out with a mark: [OPAQUE], [TRUNCATED], [CYCLE].
//   - No method of a logged value that panics, and no endless LogValuer, costs
//     more than its attribute.
//
// Where there is nothing of all this, a line is what it would have been without
// the handler, but for the two IDs.
//
// # Values of slog.Any
//
// Maps, slices, structs and pointers are rendered at once, as JSON and as %+v
// would print them, and the handler behind gets the rendering and never the
// value. It therefore cannot take a logged error apart with errors.As. Struct
// tags decide for a field: log:"-" leaves it out, log:"mask" masks it. A field
// is also masked if its name, or its name in JSON, is sensitive. A LogValuer
// speaks for itself at any depth, unlike in slog.
//
// # What the caller must do
//
// Give the handler to everything that logs, httperr.Config.Logger included, and
// pass the context: logger.InfoContext(ctx, …). Wrap what is secret by nature in
// a [Secret]. A handler behind that adds attributes of its own, and its
// HandlerOptions.AddSource, are not looked at.
//
// Masking is the second line, and not the first. A password that stands in a
// text without a word of what it is looks like any other word; a number given as
// an integer is never taken for a card, for one in ten would be; quoted local
// parts of addresses, and text in an encoding (base64, gzip), are not understood.
package safelog
