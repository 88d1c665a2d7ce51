package validate

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Refusals, beside [httperr.ErrBodyTooLarge] and [httperr.ErrRequestTimeout]. Each is
// returned as a copy that carries its reason; compare with errors.Is.
//
// ErrInvalid has all faults of all sources at once, in the order path, query, header, body. A
// fault in JSON has a JSON Pointer (RFC 6901), any other fault has "in" and "name". Each has
// a stable code, and params that are constants of the schema. It never has a value, nor a
// name that the client chose: an unknown member is reported at its object, an unknown
// parameter at the query, and a fault inside a map at the map, with the way to it as far as
// the schema knows the names. [Config].Messages has the messages in other languages.
//
// Errors in the content are 400 validation_failed, or [Config].Status. A client that sends a
// wrong number and a client that sends a wrong type need the same answer.
//
// # Codes
//
// These are the codes of faults, with their params in brackets. The codes are stable, and
// so are the params. A fault has only those params of its row for which there is a constant.
// Beside these there are the codes of a Validate method.
//
// A pointer ends at a map, a free value, an object with an unknown member, and a type that
// decodes itself. A fault of a value further in has one param more, inside: the way from the
// end of the pointer to the value, made of names of the schema, and of a * for each name or
// position that the client chose. So /prices with inside /*/from is about the member from of
// one of the values in the map prices. With inside /* it is about one of the values, or about
// one of the names if the tag has rules for the names.
//
// The text is not JSON, or not of the type that its Content-Type says:
//
//	syntax                                 not JSON, not a query, not a form
//	invalid_utf8                           not UTF-8
//	byte_order_mark                        begins with a byte order mark
//	lone_surrogate                         has \ud800 without the other half
//	trailing_data                          does not end after one value
//	part_header                            a part of a form has a header field that is not allowed
//
// Type and shape:
//
//	type [type]                            of another type, or a number that is not whole, or is negative
//	null                                   null, which the type does not accept
//	range [min max]                        does not fit the Go type, or a float64 cannot hold the value
//	required [with]                        absent; with: the other fields that the rule depends on
//	unknown_member                         has a member that is not known
//	unknown_parameter                      has a parameter that is not known
//	duplicate_member                       a member is there twice
//	duplicate                              a parameter is there twice
//	empty_item                             a list with commas has nothing between two of them
//	invalid                                not valid; also for alternatives (a|b) and validateFn
//
// More than is accepted:
//
//	name_length [max]                      a name has too many bytes
//	number_length [max]                    a number has too many bytes
//	too_deep [max]                         lists and objects are nested too deeply
//	too_many_values [max]                  the lists in query, header and form have too many values together
//	too_many_parameters [max]              the query or form has too many parameters
//	too_large                              takes too much memory
//	file_size [max_bytes]                  a file is too large
//	file_type [allowed]                    a file is not of these media types
//
// Rules of tags. The value may not reach the number in exclusive_min or exclusive_max. Text
// is counted in characters, except in max_bytes, which counts bytes:
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
//	not_enum [forbidden]                   one of these values
//	zero                                   neither zero nor empty, as isdefault says
//	contains [value]                       text does not contain the value
//	contains_any [value]                   text contains no character of the value
//	excludes [value]                       text contains the value
//	excludes_any [value]                   text contains a character of the value
//	prefix [value]                         text does not begin with the value
//	not_prefix [value]                     text begins with the value
//	suffix [value]                         text does not end with the value
//	not_suffix [value]                     text ends with the value
//	pattern [name]                         text does not match the rule of the name: alpha, alphanum, ascii, hexadecimal,
//	                                       hexcolor, lowercase, number, numeric, printascii, uppercase, or one of Config.Patterns
//	rule_… [param]                         a rule of Config.Rules, such as rule_even
//	compare [with]                         not equal to, or not more than, another member or parameter
//	excluded [with]                        present, which the rule about the other fields forbids
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
//	format_uuid                            a UUID type, uuid and its versions
//	format_postcode                        postcode_iso3166_alpha2_field
//	format_…                               any other rule about the form of text, by its name, such as format_mac
//
// A param has the type of the value: for a time.Duration it is in nanoseconds. The param with
// is the JSON name of the other member, or the name of the parameter: one name for compare, a
// list for required and excluded. The name of a member begins at the object that both are in,
// has a / before each member further in, and is escaped as in a JSON Pointer.
var (
	ErrMediaType = &httperr.Error{
		Status:  http.StatusUnsupportedMediaType,
		Code:    "unsupported_media_type",
		Message: "The Content-Type or Content-Encoding of the request is not accepted. Send one that the response header lists.",
	}
	ErrNoBody    = &httperr.Error{Status: http.StatusBadRequest, Code: "body_required", Message: "The request must have a body."}
	ErrInvalid   = plan.ErrInvalid
	ErrMalformed = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "malformed_json",
		Message: "The request body is not well-formed JSON. Correct it.",
	}
)

// Fault returns an error for one fault of a value, for the Validate method of a type
// ([Schema.Decode]). Several of them, joined by errors.Join, become the faults of one
// ErrInvalid. pointer is a JSON Pointer (RFC 6901) that begins at the value, such as "/end",
// or "" for the whole value; code is in snake_case; message is a constant without control
// characters. All three are shown to the client, so do not build them from the value. An
// argument of another form is a mistake of the program: the client then gets 500
// internal_error without any fault, and the log has the reason.
//
// A handler returns a Fault for a fault that only it can find: from the function of [Handle],
// from a [httperr.HandlerFunc], or by httperr.Write. The answer is ErrInvalid with the status
// and the messages of the Config. For another status, wrap the Fault in an error of your own,
// such as a 409: errTaken.With(validate.Fault("/email", "taken", "is taken")).
//
// Any other error of a Validate method is answered as it is.
func Fault(pointer, code, message string) error {
	f := &check.RuleFault{Fault: httperr.Fault{Pointer: &pointer, Code: code, Message: message}}
	if !validPointer(pointer) {
		f.Wrong = "the pointer of a Fault is not a JSON Pointer (RFC 6901)"
	}
	return f
}

// FaultIn is [Fault] for a parameter. in is "path", "query", "header" or "form",
// and name is the name of the parameter in the tag of its field.
func FaultIn(in, name, code, message string) error {
	f := &check.RuleFault{Fault: httperr.Fault{In: in, Name: name, Code: code, Message: message}}
	switch {
	case !slices.Contains([]string{"path", "query", "header", "form"}, in):
		f.Wrong = "the source of a FaultIn is not path, query, header or form"
	case !plan.PlainName(name) && !plan.BracketName(name) && (in != "header" || !field.Token(name)):
		f.Wrong = "the name of a FaultIn is not that of a parameter"
	}
	return f
}

// validPointer reports whether s is a JSON Pointer (RFC 6901, section 3) that can be shown.
// After a ~ such a pointer has a 0 or a 1.
func validPointer(s string) bool {
	tildes := strings.NewReplacer("~0", "", "~1", "").Replace(s)
	return (s == "" || s[0] == '/') && !strings.Contains(tildes, "~") && utf8.ValidString(s) && !strings.ContainsFunc(s, plan.Controls)
}
