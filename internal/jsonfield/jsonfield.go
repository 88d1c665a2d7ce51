// Package jsonfield tells the name under which encoding/json reads and writes a field
// of a struct.
//
// # Use
//
//	for sf := range t.Fields() {
//		f, ok := jsonfield.Of(sf)
//		switch {
//		case !ok: // encoding/json skips the field
//		case f.Inlined: // encoding/json uses the fields of the embedded struct instead
//		default: // the name of the member is f.Name
//		}
//	}
//
// # Threat
//
// A package with a rule of its own could check one field while encoding/json fills
// another.
//
// # Place in the chain
//
// This one rule serves every package that reads JSON into the types of its users.
package jsonfield

import (
	"reflect"
	"strings"
	"unicode"
)

// A Field describes how encoding/json treats one field of a struct.
type Field struct {
	Name    string // name of the member; the Go name of an Inlined struct
	Tagged  bool   // Name comes from the tag
	Inlined bool   // an embedded struct: encoding/json uses its fields instead

	OmitEmpty, OmitZero bool
	Quoted              bool   // the option "string": the value is inside a string
	Unknown             string // the first option other than omitempty, omitzero and string
	BadName             string // a name in the tag that encoding/json ignores
}

// Of returns how encoding/json treats sf. ok is false if encoding/json skips sf. Of
// looks at sf alone: if several fields have one name, the caller, which has all fields,
// decides which of them wins.
func Of(sf reflect.StructField) (f Field, ok bool) {
	tag := sf.Tag.Get("json")
	base := sf.Type
	if base.Kind() == reflect.Pointer && base.Name() == "" {
		base = base.Elem()
	}
	embedded := sf.Anonymous && base.Kind() == reflect.Struct
	// The fields of an embedded struct may be exported though its type is not.
	if tag == "-" || !sf.IsExported() && !embedded {
		return f, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if !validName(name) {
		f.BadName, name = name, ""
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitempty":
			f.OmitEmpty = true
		case "omitzero":
			f.OmitZero = true
		case "string":
			f.Quoted = true
		default:
			if f.Unknown == "" {
				f.Unknown = option
			}
		}
	}
	f.Name, f.Tagged = name, name != ""
	if !f.Tagged {
		f.Name = sf.Name
		f.Inlined = embedded
	}
	return f, true
}

// validName reports whether encoding/json takes name from a tag. An empty name means
// that the tag has no name.
func validName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}
