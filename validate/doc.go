// Package validate admits a request only if its body, path, query and header
// are exactly what a Go struct describes.
//
// # Use
//
//	type CreateNote struct {
//		Title string   `json:"title" validate:"required,min=1,max=80"`
//		Stars int      `json:"stars" validate:"required,max=5"` // 0 is a value, absence is not
//		Tags  []string `json:"tags" validate:"max=10,unique,dive,alphanum"`
//	}
//
//	mux.Handle("POST /notes", validate.Handler(func(ctx context.Context, in *CreateNote) (*Note, error) {
//		return notes.Create(ctx, in) // in satisfies the rules of its tags
//	}))
//
// There are two shapes, each with the zero [Config] or with a [Schema]:
//
//   - [Handler] and, with a Schema, [Handle] make an http.Handler of a function;
//   - [Middleware] and [Schema.Middleware] put the check in front of an http.Handler,
//     which gets the value by [From].
//
// [New] makes a Schema. [Schema.Decode] is the function that all of them call:
//
//	notes, err := validate.New[CreateNote](validate.Config{MaxBody: 64 << 10})
//	if err != nil {
//		log.Fatal(err) // all faults of the struct and of the Config
//	}
//	mux.Handle("POST /v2/notes", notes.Middleware(next)) // next calls validate.From[CreateNote](r)
//
// The tags of the struct are documented at [Schema], the answer to a refused request and
// the codes of faults at [ErrInvalid], a Validate method at [Schema.Decode].
// [Schema.JSONSchema], [Schema.Components] and [Schema.Parameters] describe the request in
// OpenAPI; package validate/openapi makes a document of all routes with it. An Example shows
// what changes for a struct that a binder of gin or echo, or encoding/json and
// go-playground/validator, has checked so far.
//
// # Options
//
//	Defaults                       the options that the schemas of a service share
//	Status                         the status of content that breaks a rule, 400 or 422
//	MaxBody, MaxFile, MaxMemory    the bytes of a body, of one file in a form, and of the decoded value
//	MaxDepth, MaxItems, MaxString  the nesting, the elements of a list, and the bytes of a string
//	ReadTimeout                    the time that a body may take to arrive
//	IgnoreUnknown                  members that no field has, for webhooks
//	MediaTypes                     the accepted types of a body
//	Path                           the router that knows the parts of the path
//	OtherQuery, StrictQuery        parameters that other code reads, and a query that no field reads
//	Patterns, Rules                rules of the program for its tags
//	IgnoreTags                     tags of other libraries that may stay
//	Messages                       messages in other languages
//	Deny, Observe                  the response of a refusal, and a watcher of every decision
//
// # Moving to this package
//
// The page examples/migrate/web moves structs of gin, echo and huma, with a front end that expects
// 422, an error body of its own or members that no field has.
//
// # Threat
//
// Two parsers that read one body differently are a way around every check: a
// gateway sees the first "role", encoding/json decodes the last, or takes
// "ROLE" for "role". The same goes for page=1&page=2. A megabyte of "{},{},{}"
// becomes hundreds of megabytes once it is a slice of structs, and a rule such
// as max=50 runs only after that. a[999999999]=x does the same in a query, where
// a parser expands brackets. A rule that does not fit its field panics in the middle
// of a request. And an error that quotes its input sends a password to every place that
// stores errors.
//
// # Invariant
//
// Every body is scanned once, by a plan compiled from the struct, before any of it is
// decoded. A body that the scan accepts has one meaning:
//
//   - it is JSON of RFC 8259 in UTF-8;
//   - no member is there twice, is unknown (unless [Config.IgnoreUnknown] names it), or differs
//     from a known one in case only;
//   - every value has the right type and is in the range of its Go type;
//   - null stands only for pointers, lists, maps, any and json.RawMessage, an [Optional], and
//     types that have a value of their own for null;
//   - nothing exceeds the limits in [Config].
//
// Path, query, header and form are read as strictly. Then the rules of the validate tags
// hold for the decoded value. New refuses each struct, tag and rule for which this cannot
// be guaranteed, and reports all of them at once.
//
// A refusal has all faults of all sources at once. It never has a value, nor a name that the
// client chose.
//
// # Place in the chain
//
// This is the innermost layer. Put outside it every layer that refuses at less cost, and
// the router, so that the path has names. New refuses a struct that cannot be checked. If
// the pattern of a route lacks a name of the path, its first request is answered with 500.
//
// A body can be read once. Where two schemas read one request, only one of them
// has a body, and each names the query parameters of the other in [Config.OtherQuery].
//
// A page of any site can send a form with the cookies of the user. A handler of forms that
// trusts a cookie needs protection against that (CSRF), which this package does not have;
// see [File]. JSON needs no such protection: the body must be application/json unless the
// struct is a form or may be one, and an HTML form of another site cannot send that type
// without a preflight.
package validate
