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
//     Tokens, Bearer and Basic credentials, private keys in PEM, user and
//     password in URLs and data source names, payment card numbers, e-mail
//     addresses, and pairs such as password=… or "token":"…". The value of a
//     header ("Cookie: …") is masked to the end of its line.
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
// tags decide for a field: log:"-" leaves it out, log:"mask" masks it, and a
// struct with such a tag is rendered by its fields even if it has methods that
// would render it. A field is also masked if its name, or its name in JSON, is
// sensitive, or if it is the Value beside a Name that is. A LogValuer speaks for
// itself at any depth, unlike in slog.
//
// Any other type with methods such as MarshalJSON or String is rendered by them.
// What these print is searched, but tags on what lies below are not seen.
//
// # What the caller must do
//
// Give the handler to everything that logs, httperr.Config.Logger included, and
// pass the context: logger.InfoContext(ctx, …). Wrap what is secret by nature in
// a [Secret]. A handler behind that adds attributes of its own, and its
// HandlerOptions.AddSource, are not looked at.
//
// Masking is the second line, and not the first. These are not understood:
//
//   - a password in a text without a word of what it is, or without quotes behind
//     a colon and a space, as in "the password: hunter2 is wrong", for that is how
//     messages such as "password: must be longer" are written; that holds for
//     {password: hunter2} and a line of YAML too, and an element of XML is no
//     pair at all;
//   - what follows a space, in key=value, unless the value is in quotes;
//     what follows a brace, or a word with a colon, inside a value that %+v
//     printed without quotes; a password that looks like the port before it;
//   - keys that are too common to mean one thing: key (but for ?key= in a URL),
//     code, auth, id, hash, nonce. Name them in Config.Keys where they do;
//   - a {name, value} pair inside text or inside what MarshalJSON returned;
//   - a number given as an integer, which is never taken for a card, for one in
//     ten would be; quoted local parts of addresses; a token whose header ends
//     in white space; text in an encoding (base64, gzip, percent).
//
// In return some text is lost that was no secret: all that follows a word such
// as "cookie:" on its line.
package safelog
