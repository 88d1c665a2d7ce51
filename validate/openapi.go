package validate

import (
	"encoding/json"

	"github.com/go-sallyport/sallyport/validate/internal/openapi"
)

// JSONSchema returns a JSON Schema (draft 2020-12) of the body, the same bytes
// each time. Every body that the Schema accepts is valid by it, but for a
// number that only rounding to its Go type brings below a bound. It cannot say
// all that is checked: not that names are unique, nor whole numbers spelled
// 1.0, the rules between fields and those of Config.Rules, nor the limits on
// depth, values and memory. A format is an annotation, as the draft has it.
//
// A member is in required if its absence is refused for whatever reason; a
// bound of the Config that takes the place of a missing max is among the
// bounds; and a pattern is written without what JavaScript does not know, or
// is left out if that cannot be. An [Optional] is its value, or null unless it
// is required. A time.Time is of the format date-time, and a type of 16 bytes
// that reads and writes the text of RFC 9562, section 4, of the format uuid,
// though it may read other texts as well; of another type that decodes text, a
// rule such as uuid says the format, and else nothing does: a netip.Addr may be
// of either of two.
//
// The rules of a field with the tag mod hold for what the mod has left, which
// is another text than the one that is sent: trimmed, " a " is one of a and b,
// and no longer than 1. So they are in its description, as the keywords that
// they would be; among the keywords for what is sent there is only the least
// length, which no mod adds to.
//
// The title and the names in $defs are those of the types, without the path of
// any package, and with a number where two of them are the same. To put the
// schema into an OpenAPI document, use [Schema.Components]: a reference to
// #/$defs would be looked up there in the document.
//
// Of a T with fields tagged form it is the schema of the form, with the values
// as they are once they are read: a list is an array, whatever its style, and a
// [File] is a string of the format binary. Fields of path, query and header are
// not in it; those are for [Schema.Parameters].
func (s *Schema[T]) JSONSchema() json.RawMessage {
	return openapi.WriteSchema(s.compiled.checker.Root, s.compiled.checker.Validator, s.compiled.checker.Own)
}

// Parameters returns what T reads from path, query and header, in this order
// and that of the struct, as a JSON array of Parameter Objects (OpenAPI 3.1,
// section 4.8.12), the same bytes each time; [] if there is none. What
// [Schema.JSONSchema] says of members holds for their schemas, and required is
// true where the absence is refused. They describe the values once they are
// read: the scan also takes 1 for true and 0 for false.
//
// A list with style:"repeat" is {"style":"form","explode":true} in a query, and
// one with style:"comma" has explode false. A header has only "style":"simple"
// there, with commas: that its list is read from lines, an item in each, cannot
// be said, nor that a part of the path may have slashes in it.
//
// Fields tagged form are the body, which JSONSchema describes.
func (s *Schema[T]) Parameters() json.RawMessage {
	return openapi.WriteParameters(s.compiled.checker.Root, s.compiled.checker.Validator, s.compiled.checker.Own)
}

// Components returns the schema of the body as OpenAPI 3.1 wants it (section
// 4.8.7): to be members of components/schemas, the same bytes each time. What
// [Schema.JSONSchema] says of the body is under the name, and the structs in it
// are under NAME.Type; all references between them are
// "#/components/schemas/NAME", and so is the one to write at the requestBody.
//
//	schemas, err := createNote.Components("CreateNote") // CreateNote, CreateNote.Address
//	more, err := updateNote.Components("UpdateNote")    // UpdateNote, UpdateNote.Address
//	maps.Copy(schemas, more)
//
// The name is the caller's, since that of a Go type is not enough: two packages
// may each have a CreateNote, one may be held to two Configs, and some types
// have none. Two Schemas with different names have no component in common, so
// nothing is lost where the maps are merged. A struct that both have is there
// twice: what is valid there depends on the Config and on the rules of the
// fields that lead to it, and so may differ. A name that depended on the content
// instead would change with it, and with it the types that clients generate.
//
// The name has letters and digits of ASCII, - and _; the error is a
// *httperr.ConfigError otherwise. A point belongs to the names inside.
func (s *Schema[T]) Components(name string) (map[string]json.RawMessage, error) {
	return openapi.WriteComponents(s.compiled.checker.Root, s.compiled.checker.Validator, s.compiled.checker.Own, name)
}
