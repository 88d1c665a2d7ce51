// Package validate admits a request only if its JSON body is exactly what a Go
// struct says.
//
// # Threat
//
// Two parsers that read one body differently are a way around every check: a
// gateway sees the first "role", encoding/json decodes the last, or takes
// "ROLE" for "role". A megabyte of "{},{},{}" becomes hundreds of megabytes
// once it is a slice of structs, and a rule such as max=50 runs only after
// that. A rule that does not fit its field panics in the middle of a request.
// And an error that quotes its input sends a password to wherever errors go.
//
// # Invariant
//
// Every body is scanned once by a plan compiled from the struct before any of
// it is decoded, and what the scan accepts has one meaning: JSON of RFC 8259 in
// UTF-8, no member twice, none that is unknown, none that differs from a known
// one in case only, every value of the right type and in the range of its Go
// type, null only for pointers, and no more of anything than the limits in
// [Config]. Then the rules of the validate tags hold for the decoded value.
//
// The member of a field tagged required must be present, and not null; it may
// be zero. (The validator alone means not zero. Say min=1 for that.) All other
// rules are those of go-playground/validator, and hold for the value that the
// handler gets, also where a member was absent: then its zero value must
// satisfy them, or the member counts as required. A rule behind omitempty does
// not apply to zero. New refuses rules that would panic, rules of text on what
// is not a string (email on an int, or on a list without dive, would fail every
// request), rules that ask the file system or the network about what a client
// sent, and rules of the validator that this package does not know. It cannot
// refuse a rule that no value satisfies: min=5,max=3 is for tests to find.
// A struct, unless it is behind a pointer, is required if any
// member of it is.
//
// A refusal has all faults at once, each with a JSON Pointer (RFC 6901), a
// stable code and constants of the schema; never a value, never a name that
// the client chose. So an unknown member is reported at the object that it is
// in, and whatever is wrong inside a map at the map.
//
// # Use
//
// [Handler] makes an http.Handler of a function, [Schema.Handler] puts a check
// in front of one, [Schema.Decode] is what both do. It is the innermost layer:
// put whatever costs less to refuse with outside. New refuses what cannot be
// checked; nothing is left to fail at the first request.
//
// Errors in the content are 400 validation_failed, for a client that sends a
// wrong number and one that sends a wrong type need the same answer. The type of
// the body must be application/json, so no HTML form can send it from another
// site without a preflight.
package validate
