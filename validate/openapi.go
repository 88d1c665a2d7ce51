package validate

import (
	"encoding/json"

	"github.com/go-sallyport/sallyport/validate/internal/openapi"
)

// JSONSchema returns a JSON Schema (draft 2020-12) of the body, the same bytes
// each time. Every body that the Schema accepts is valid by it, except for a
// number that only rounding to its Go type brings below a bound. It cannot express
// all checks: that names are unique, that 1.0 is refused for a whole number, the rules
// between fields and those of Config.Rules, and the limits on
// depth, values and memory. A format is an annotation, as the draft says.
//
// The names of [Config].IgnoreUnknown may have any value in it, in every struct.
//
// A member is in required if its absence is refused for any reason. A
// bound of the Config that replaces a missing max is among the
// bounds. A pattern is written without syntax that JavaScript does not know, or
// left out if that is not possible. An [Optional] is its value, or null unless it
// is required. A time.Time has the format date-time. A type of 16 bytes
// that reads and writes the text of RFC 9562, section 4, has the format uuid.
// Any other type that decodes text has a format
// only if a rule such as uuid says so: a netip.Addr may be of either of two.
//
// The rules of a field with the tag mod hold for the text after the mod, which may differ
// from the text that is sent: trimmed, " a " is one of a and b,
// and no longer than 1. So these rules are in the description of the field, as the keywords
// that they would be. The keywords for the text that is sent have only the least
// length, because no mod makes a text longer.
//
// The title and the names in $defs are those of the types, without the path of
// any package, and with a number where two of them are the same. To put the
// schema into an OpenAPI document, use [Schema.Components]: in the document, a reference to
// #/$defs would lead to the document itself.
//
// For a [List] it is the schema of an array. For a T with fields tagged form, it is the schema of the form, with the values
// as they are after reading: a list of any style is an array, and a
// [File] is a string of the format binary. Where the body is JSON or a form, it describes
// both, under the two media types; a form has no null. Fields of path, query and header are
// not in it; [Schema.Parameters] describes them.
func (s *Schema[T]) JSONSchema() json.RawMessage {
	return s.compiled.exporter().JSONSchema()
}

// Parameters returns the parameters of T in path, query and header, in this order
// and that of the struct, as a JSON array of Parameter Objects (OpenAPI 3.1,
// section 4.8.12), the same bytes each time; [] if T has no parameters. Their schemas are
// written as [Schema.JSONSchema] documents it for members, and required is
// true where the absence is refused. They describe the values after
// reading: the request may also have 1 for true and 0 for false.
//
// A list with style:"repeat" is {"style":"form","explode":true} in a query, and
// one with style:"comma" has explode false. A header has only "style":"simple"
// in OpenAPI, with commas. OpenAPI cannot express that a list is read from several lines of
// a header, with an item in each, nor that a part of the path may have slashes in it.
//
// Fields tagged form are the body, which JSONSchema describes.
func (s *Schema[T]) Parameters() json.RawMessage {
	return s.compiled.exporter().Parameters()
}

// Components returns the schema of the body as members of components/schemas in an OpenAPI
// 3.1 document (section 4.8.7), the same bytes each time. The schema of the body, as in
// [Schema.JSONSchema], has the given name, and the structs in it are named NAME.Type. All
// references between them are "#/components/schemas/NAME"; write the same reference at the
// requestBody.
//
//	schemas, err := createNote.Components("CreateNote") // CreateNote, CreateNote.Address
//	more, err := updateNote.Components("UpdateNote")    // UpdateNote, UpdateNote.Address
//	maps.Copy(schemas, more)
//
// The caller chooses the name, because the name of a Go type is not enough: two packages
// may each have a CreateNote, one type may be used with two Configs, and some types
// have no name. Two Schemas with different names have no component in common, so
// nothing is lost where the maps are merged. A struct that both have is there
// twice: its valid values depend on the Config and on the rules of the
// fields that lead to it, and so may differ. A name that depended on the content
// would change with the content, and so would the types that clients generate.
//
// The name has ASCII letters and digits, - and _. For any other name the error is a
// *httperr.ConfigError. A dot belongs to the names inside.
func (s *Schema[T]) Components(name string) (map[string]json.RawMessage, error) {
	return s.compiled.exporter().Components(name)
}

func (c *compiled) exporter() openapi.Exporter {
	return openapi.Exporter{Root: c.checker.Root, Validator: c.checker.Validator, Own: c.checker.Own, Ignore: c.checker.Limits.Ignore}
}
