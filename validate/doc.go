// Package validate admits a request only if its body, path, query and header
// are exactly what a Go struct says.
//
// # Threat
//
// Two parsers that read one body differently are a way around every check: a
// gateway sees the first "role", encoding/json decodes the last, or takes
// "ROLE" for "role". The same goes for page=1&page=2. A megabyte of "{},{},{}"
// becomes hundreds of megabytes once it is a slice of structs, and a rule such
// as max=50 runs only after that; a[999999999]=x does it in a query, where
// brackets are expanded. A rule that does not fit its field panics in the middle
// of a request. And an error that quotes its input sends a password to wherever
// errors go.
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
// be zero. (The validator alone means not zero. Say min=1 for that.) The rules
// required_if, _unless, _with, _with_all, _without and _without_all, and those of
// the same names with excluded, are about what was sent as well: zero counts as
// sent. Null counts as sent for excluded, and for required only in an [Optional].
// They name Go fields of the same struct, which may be parameters; an _unless with
// several values holds unless one of them is there. Like required, they hold also in
// a struct that is tagged validate:"-". The value that
// required_if asks for is that of a text, number or bool as the handler gets it,
// with its default.
//
// All other rules are those of go-playground/validator, and hold for the value
// that the handler gets, also where a member was absent: then its zero value must
// satisfy them, or the member counts as required. A rule behind omitempty does
// not apply to zero. A struct, unless it is behind a pointer, is required if any
// member of it is.
//
// New refuses rules that would panic, rules of text on what is not a string
// (email on an int, or on a list without dive, would fail every request), rules
// that ask the file system or the network about what a client sent, rules that
// compare with a field of the outermost struct (eqcsfield), rules that decide
// whether others are run (skip_unless, structonly, nostructlevel), rules in the
// elements of a list or map whose tag has no dive to reach them, rules of the
// validator that this package does not know, and rules that say the same of
// every value: the size of an array, oneof without a list, a time against
// anything but now, required of elements that cannot be null (say min=1 for
// text), and comparisons of two fields of different kinds, or of which the
// validator sees no more than the lengths: those of lists and maps and, by
// gtfield and its like, of texts. It cannot refuse all rules that no value
// satisfies: min=5,max=3 is for tests to find.
//
// A Config can name patterns and rules of its own for the tags, which hold for
// its Schema only. [Schema.JSONSchema] writes down what a body must be, and
// [Schema.Parameters] what path, query and header must be.
//
// A refusal has all faults of all sources at once, in the order path, query,
// header, body. One in JSON has a JSON Pointer (RFC 6901), another one has "in"
// and "name"; each has a stable code and constants of the schema; never a value,
// never a name that the client chose. So an unknown member is reported at the
// object that it is in, an unknown parameter at the query, and whatever is wrong
// inside a map at the map, with where in it as far as the schema knows.
// Config.Messages has the messages in other languages.
//
// # Use
//
// There are two shapes, each with the zero Config or with a [Schema]:
//
//   - [Handler] and, with a Schema, [Handle] make an http.Handler of a function;
//   - [Middleware] and [Schema.Middleware] put the check in front of an http.Handler,
//     which gets the value by [From].
//
// [Schema.Decode] is what all of them do. It is the innermost layer:
// put whatever costs less to refuse with outside, and the router, so that the
// path has names. New refuses what cannot be checked; but that the pattern of a
// route has the names of the path shows at its first request, which is answered
// with 500.
//
// Errors in the content are 400 validation_failed, for a client that sends a
// wrong number and one that sends a wrong type need the same answer. The type of
// the body must be application/json unless the struct is a form, so no HTML form
// can send it from another site without a preflight.
//
// With chi, leave Config.Path nil from v5.1 on, which sets what PathValue
// returns: a route without the name is then answered with 500, the mistake that
// it is, and with chi.URLParam it would be 400, as if the client had made it.
// Put [Schema.Middleware] behind Router.With and not Router.Use, which runs before
// the route is known. Where ServeMux decodes each part of a path, chi leaves
// a%2Fb as it is, with all other escapes of that path, and decodes a%20b.
//
// # Sources
//
// A field of the struct, or of one that it embeds, has exactly one source:
//
//	ID    string   `path:"id" validate:"uuid"`        // Request.PathValue, or Config.Path
//	Page  int      `query:"page" default:"1"`
//	Tags  []string `query:"tag" style:"repeat" validate:"max=5"` // tag=a&tag=b
//	IDs   []int    `query:"ids" style:"comma"`        // ids=1,2
//	Match string   `header:"If-Match"`
//	Title string   `json:"title"`                     // the body, as without a tag
//
// A tag that would protect nothing is refused: one that package reflect cannot
// read, one in another case (Validate), one with rules for another library
// (binding, valid), and, without a tag json beside it, one that names a source to
// another library (uri, param, schema, in, cookie), for the field would be a
// member of the body here. So are the types of database/sql that may be null:
// [Optional] is for those.
//
// What is tagged for one source is not read from another: to the body, the
// names of such a field are unknown members. It is a string, a bool, a number,
// a time.Time, a type with UnmarshalText, a pointer to one of these, which is nil
// if the parameter is absent, or a list. required means that it is there.
//
// Names are compared exactly. A scalar comes once, in a query and in a header.
// Numbers are written as in JSON: no +1, 0x1, 1_000, 01 or space. A bool is true,
// false, 1 or 0. Text is UTF-8 of at most [Config.MaxString] bytes and may have
// any character in it, NUL too, as in JSON; rules restrict it. A list with commas
// is split after escapes are decoded; it has no empty items, and nothing at all is
// the empty list.
//
// A query of more than 64 parameters, or with an empty pair, a semicolon or a bad
// escape, is refused as a whole, and one with an unknown parameter too; a T that
// has no query parameters does not look at the query unless [Config.StrictQuery]
// is set, so that what campaigns append to links does not break pages. A header
// may have fields that are not declared. Credentials, hop-by-hop fields,
// Content-* and what proxies say cannot be declared: other packages read those.
//
// # Defaults and normalisation
//
// The tag default is the value of a field that is absent; a zero or an empty
// text that was sent stays. It is for scalars, in the struct itself or in
// structs that are values in it, and New holds it to the rules of its field. The
// tag mod changes text, also that in lists: trim, lower, upper, and squeeze,
// which makes one space of each run of white space. First come the defaults,
// then the mods, then the rules; so a text that is too long only for its spaces
// is admitted. [Config.MaxString], and max on the length of a list, hold for what
// was sent. Do not normalise passwords.
//
// # Forms
//
// Fields tagged form make the body application/x-www-form-urlencoded, read as
// strictly as a query, and with a [File] among them multipart/form-data too.
// A struct has members of JSON or of a form, not both. The names in a form are
// all declared; a part has a header of RFC 7578 and no other; all of the form is
// in memory, within [Config.MaxBody].
//
// A form can be sent by a page of any site, with the cookies of the user and
// without a preflight; JSON cannot. So a handler of forms that trusts a cookie
// needs protection against that (CSRF), which this package does not have:
// http.CrossOriginProtection in front of it, or SameSite cookies and a token.
//
// # The wire
//
// What the header of a request refuses (413 by Content-Length, 415) is not read:
// a client that waits for 100 Continue is not asked for it, and neither Handler
// nor Handle lets the server wait longer for the rest of it than
// [Config.ReadTimeout]. A body that is too long ends its connection, or over
// HTTP/2 its stream, and so does one that is too slow. Trailers are not read. A
// client that leaves in the middle is recorded as that (499), not as a rejection;
// one that only ends its side of the connection is told that the body is
// incomplete.
//
// A body can be read once. Where two schemas look at one request, one of them
// has a body, and each names the query parameters of the other in OtherQuery.
//
// # Codes
//
// These are the codes of faults, with their params in brackets. The codes stay,
// and so do the params; a fault has those of its row that there is a constant
// for. Beside these are the codes of a Validate method.
//
// A pointer ends at a map, a free value, an object with a member that is not
// known, and a type that decodes itself. If a fault is not about that, but about
// something in it, there is one param more, inside: the way on from there, of
// names of the schema and a * for each name or position that the client chose.
// So /prices with inside /*/from is about the member from of one of the values
// in the map prices; with /*, about one of the values, or of the names if the
// tag has rules for them.
//
// What is not JSON, or not what its Content-Type says:
//
//	syntax                                 not JSON, not a query, not a form
//	invalid_utf8                           not UTF-8
//	byte_order_mark                        begins with one
//	lone_surrogate                         has \ud800 without the other half
//	trailing_data                          does not end after one value
//	part_header                            a part of a form has a header that it may not have
//
// Type and shape:
//
//	type [type]                            of another type, or a number that is not whole or is negative
//	null                                   null, and may not be
//	range [min max]                        does not fit the Go type, or not a float64 of the same value
//	required [with]                        absent; with others, absent where those are as they are
//	unknown_member                         has a member that is not known
//	unknown_parameter                      has a parameter that is not known
//	duplicate_member                       a member is there twice
//	duplicate                              a parameter is there twice
//	empty_item                             a list with commas has nothing between two
//	invalid                                not valid; of a rule that has no code of its own, too
//
// More than is accepted:
//
//	name_length [max]                      a name has too many bytes
//	number_length [max]                    a number has too many bytes
//	too_deep [max]                         lists and objects are too deep in one another
//	too_many_values [max]                  the lists in query, header and form have too many values together
//	too_many_parameters [max]              the query or form has too many parameters
//	too_large                              takes too much memory
//	file_size [max_bytes]                  a file is too large
//	file_type [allowed]                    a file is not of these media types
//
// Rules of tags. A number in exclusive_min or exclusive_max is one that the value
// may not reach; text is counted in characters, but for max_bytes:
//
//	min [min]                              a number is less, or a time in the past
//	max [max]                              a number is more, or a time in the future
//	exclusive_min [exclusive_min]          a number is not more, or a time not in the future
//	exclusive_max [exclusive_max]          a number is not less, or a time not in the past
//	min_length [min exclusive_min]         text is too short
//	max_length [max exclusive_max max_bytes]  text is too long
//	length [len]                           text has another length
//	min_items [min exclusive_min]          a list is too short
//	max_items [max exclusive_max]          a list is too long
//	items [len]                            a list has another length
//	unique_items                           a list has an item twice
//	min_members [min exclusive_min]        a map has too few members
//	max_members [max exclusive_max]        a map or an object has too many members
//	members [len]                          a map has another number of members
//	const [const]                          not this value
//	not [not]                              this value
//	enum [allowed]                         not one of these values
//	contains [value]                       text is without it
//	excludes [value]                       text has it
//	prefix [value]                         text does not begin with it
//	suffix [value]                         text does not end with it
//	pattern [name]                         text does not match; the name is of Config.Patterns
//	rule_… [param]                         a rule of Config.Rules, such as rule_even
//	compare [with]                         not equal to, or not more than, another member or parameter
//	excluded [with]                        there, and may not be where the others are as they are
//
// Rules of tags about the form of text:
//
//	format_base64                          base64
//	format_card                            credit_card
//	format_cidr                            cidr
//	format_country                         country_code, iso3166_1_alpha2
//	format_currency                        iso4217
//	format_date_time                       a time.Time, and datetime
//	format_email                           email
//	format_hostname                        hostname, fqdn
//	format_ip                              ip
//	format_ipv4                            ipv4
//	format_ipv6                            ipv6
//	format_json                            json
//	format_jwt                             jwt
//	format_language                        bcp47_language_tag
//	format_latitude                        latitude
//	format_longitude                       longitude
//	format_phone                           e164
//	format_semver                          semver
//	format_ulid                            ulid
//	format_uri                             uri
//	format_url                             url, http_url, https_url
//	format_uuid                            uuid and its versions
//
// Params are of the type of the value: of a time.Duration they are nanoseconds.
// with is the JSON name of the other member, or the name of the parameter: one
// for compare, a list for required and excluded. The name of a member is from
// the object that both are in, with / before those further in, escaped as in a
// JSON Pointer.
//
// # Coming from validator alone
//
// The rules of the tags are the same; what is around them is stricter. For a
// struct that a binder of gin or echo, or encoding/json, has filled so far:
//
//   - gin's tag binding is validate here. Its uri is path, its form is query for
//     a URL and form for a body, with the default in the tag default; echo's
//     param is path. A field has one of them. New refuses binding, and the
//     others on a field that none of ours is on.
//   - required means that the member is there, and may be 0, "" or false: add
//     min=1 to text and lists, ne=0 or min=1 to numbers. A pointer is no longer
//     needed to tell zero from absent in what is required.
//   - omitempty on a struct that is a value does not make it optional: it has to
//     be there if a member of it is required. Use a pointer.
//   - null is for pointers and [Optional]; encoding/json takes it for anything,
//     and leaves what was there. A PATCH that tells null from absent has an
//     Optional.
//   - Unknown members are refused, and those in another case than the tag says.
//     To be lenient, declare what you ignore.
//   - json:",string" is refused, and any or map[string]any without
//     Config.AllowFree.
//   - An embedded Model{ID, CreatedAt} is part of the body, and so a client can
//     write it: tag it json:"-". The same goes for each exported field without
//     a tag.
//   - Lists and maps of structs with rules, other than required, need dive.
//     Without it the validator has never run those rules; New says so.
//   - RegisterValidation is Config.Rules or Config.Patterns; a rule for the
//     whole struct, and one that asks a database, is the Validate method.
//   - Times are as in RFC 3339: a query with 2026-11-22 is a string with the rule
//     datetime=2006-01-02.
//   - A plain HTML form sends an input that is empty as "", which is not absent:
//     of a number it is refused, also behind a pointer, and a text needs
//     omitempty before email. A checkbox sends "on", which is no bool unless it
//     has value="true", and nothing if it is not checked: so do not require it.
package validate
