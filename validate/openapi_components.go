package validate

import (
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

var componentName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

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
	if !componentName.MatchString(name) {
		return nil, &httperr.ConfigError{Package: pkg, Field: "Components", Value: strconv.Quote(name), Reason: "is not the name of a component that others can be under", Fix: "use letters, digits, - and _"}
	}
	self := "#/components/schemas/" + name
	x, top := export(s.core.root, s.core.checker.validator, s.core.checker.own, self, self+".")
	all := map[string]any{name: top}
	for inner, k := range x.defs {
		all[name+"."+inner] = k
	}
	out := make(map[string]json.RawMessage, len(all))
	for key, k := range all {
		text, err := encoded(k)
		if err != nil {
			return nil, httperr.ErrInternal.With(err) // nothing here can fail to encode
		}
		out[key] = text
	}
	return out, nil
}
