// Package safelog provides a slog.Handler that removes secrets and forged text
// from log records, and a type for values that must never be printed.
//
// # Use
//
//	h, err := safelog.New(slog.NewJSONHandler(os.Stdout, nil), safelog.Config{
//		Keys: []string{"license_key"},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	logger := slog.New(h)
//	logger.InfoContext(ctx, "sign-in", "user", "jane", "password", "hunter2") // password=[REDACTED]
//
// # Options
//
//	Keys                   more sensitive keys
//	DangerouslyPlainKeys   keys whose values are neither masked nor searched
//	MaxString              bytes of one string; default 2048
//	MaxAttrs               attributes of one line; default 64
//	MaxDepth               depth of groups and composites; default 10, at most 100
//	MaxNodes               values inside the composites of one record; default 1024
//
// # Threat
//
// More people read the log than the database. It is kept for longer and sent to
// third parties. Programs write secrets into it by mistake: a dumped header map,
// a struct with a password field, the URL with a token that an HTTP client put
// into its error. Attackers write into it as well: they forge a line with a line
// end, disguise a line with control characters, or fill the disk. And a line
// without the ID of its request cannot be found.
//
// # Invariant
//
// For every logged value, at every depth of groups and composites:
//
//   - The value under a sensitive key becomes [REDACTED] as a whole. A key is
//     compared by its last words, without regard to case and separators. Values
//     that are no secret stay, except under names of Config.Keys: bools, numbers
//     under a plural (prompt_tokens=812), and the directory under PWD.
//   - Text that looks like a credential is masked, wherever it stands: JSON Web
//     Tokens, Bearer and Basic credentials, private keys in PEM, the keys of some
//     sixty vendors (ghp_…, sk_live_…, AKIA…), user and password in URLs and data
//     source names, payment card numbers, e-mail addresses, and pairs such as
//     password=… or "token":"…". The value of a header ("Cookie: …") is masked to
//     the end of its line.
//     That holds for the message, for errors, and for the results of methods.
//   - The identifiers of the audit record stay as they are, so that a log says
//     which principal it is about: text under principal, issuer, token_id, client,
//     tenant, correlation_id and trace_id is searched for keys and tokens only,
//     and credential may be the keyed hash of package audit. A name in
//     Config.Keys masks it nevertheless.
//   - Text has no control, bidirectional or invisible characters, and its length
//     is limited.
//   - Each line has the correlation_id of the request in its context, and the
//     trace_id if there is one. They are at the root, also inside WithGroup.
//   - A mark stands for a value that reflection cannot read (an unexported field,
//     a channel, a function), for a context, and for a value beyond a limit:
//     [OPAQUE], [TRUNCATED], [CYCLE].
//   - A method of a logged value that panics, or an endless LogValuer, costs no
//     more than its attribute.
//
// A record without any of these is logged as it would be without the handler,
// except that the two IDs are added.
//
// # Values of slog.Any
//
// Maps, slices, structs and pointers are rendered at once, in the two forms that
// JSON and %+v would print. The next handler gets the rendering and never the
// value, so it cannot inspect a logged error with errors.As. Struct tags decide
// about a field: log:"-" leaves it out, log:"mask" masks it. A struct with such
// a tag is rendered by its fields, even if it has methods that would render it.
// A field is also masked if its name is sensitive, or its name in a tag such as
// json, xml, yaml, form, db or env, or if it is the Value beside a sensitive Name.
// LogValue is called on a LogValuer at any depth, unlike in slog.
//
// Types of the standard library that print a secret are masked: url.Userinfo, the
// private keys of the crypto packages, the values of http.Cookie and the bytes of
// pem.Block.
//
// Any other type with a method such as MarshalJSON or String is rendered by that
// method. The output of the method is searched, but tags on values below it are
// not seen.
//
// # Place in the chain
//
// Between the logger and the handler that writes. Give the handler to every
// logger of the program, also to httperr.Config.Logger.
//
// # What the caller must do
//
// Pass the context: logger.InfoContext(ctx, …). Wrap values that are always
// secret in a [Secret]. Attributes that a handler behind this one adds, and its
// HandlerOptions.AddSource, are not searched.
//
// Masking is the second line of defence, not the first. These are not found:
//
//   - a password in prose, without a word that names it, or after a colon and a
//     space without quotes, as in "the password: hunter2 is wrong". Messages such
//     as "password: must be longer" have the same form. The same is true for
//     {password: hunter2} and a line of YAML; an element of XML is no pair at all;
//   - in key=value, the text after a space, unless the value is in quotes;
//     in a value that %+v printed without quotes, the text after a brace or after
//     a word with a colon; a password that looks like the port before it;
//   - values under keys that have too many meanings: key (except ?key= in a URL),
//     code, auth, id, hash, nonce. Name them in Config.Keys if they are secret;
//   - a {name, value} pair inside text or inside the output of MarshalJSON;
//   - a card number that is logged as an integer; one behind a decimal point; one
//     of Maestro or of a rare length (13 digits that are an EAN as well, 16 of
//     Diners Club from 36 on, 17 and 18, 19 except UnionPay), unless it has the
//     groups of a card (6759 6498 2643 8453) or a word such as "card" beside it;
//   - a key of a vendor without a fixed prefix, and one that is cut off; quoted
//     local parts of e-mail addresses; a token whose header ends in white space;
//     text in an encoding (base64, gzip, percent).
//
// In return some text is lost that was not secret, such as the rest of a line
// after a word such as "cookie:". Of IDs of 16 random digits, 27 in a thousand
// look like cards; timestamps, snowflake IDs, floats, ISBN and EAN do not. A key
// of Config.DangerouslyPlainKeys loses nothing.
package safelog
