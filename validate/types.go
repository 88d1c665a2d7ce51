package validate

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"
)

var (
	typeJSON   = reflect.TypeFor[json.Unmarshaler]()
	typeText   = reflect.TypeFor[encoding.TextUnmarshaler]()
	typeTime   = reflect.TypeFor[time.Time]()
	typeNumber = reflect.TypeFor[json.Number]()
	typeRaw    = reflect.TypeFor[json.RawMessage]()
	typeValuer = reflect.TypeFor[validator.Valuer]()
)

// publicNames writes the types of this package in a text as users know them.
var publicNames = strings.NewReplacer("plan.Optional[", "validate.Optional[", "plan.File", "validate.File")

// typeName is the name of t without the path of its package. A struct without
// one is not written out: all its tags would be in it.
func typeName(t reflect.Type) string {
	switch {
	case t.Name() != "":
		return t.Name()
	case t.Kind() == reflect.Struct:
		return "struct {…}"
	}
	return t.String()
}

// basic returns the kind of a type that is text, a truth or a number, with the
// bits of a number, or kindInvalid.
func basic(t reflect.Type) (k kind, bits int) {
	switch t.Kind() {
	case reflect.String:
		return kindString, 0
	case reflect.Bool:
		return kindBool, 0
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt, t.Bits()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return kindUint, t.Bits()
	case reflect.Float32, reflect.Float64:
		return kindFloat, t.Bits()
	}
	return kindInvalid, 0
}

// behind returns what t points to in the end.
func behind(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// bare returns what the validator judges of a t: what is behind pointers, and
// in an Optional.
func bare(t reflect.Type) reflect.Type {
	for {
		in, ok := optionalOf(t)
		switch {
		case ok:
			t = in
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
		default:
			return t
		}
	}
}

// leaf returns what is in t at the end of pointers, lists, maps and Optionals,
// and how many lists there are before it: more than one, if a map is.
func leaf(t reflect.Type) (reflect.Type, int) {
	lists := 0
	for range 100 { // a list of itself, which slot refuses, has no end
		if in, ok := optionalOf(t); ok {
			t = in
			continue
		}
		switch t.Kind() {
		case reflect.Pointer:
		case reflect.Slice, reflect.Array:
			lists++
		case reflect.Map:
			lists = 2
		default:
			return t, lists
		}
		t = t.Elem()
	}
	return t, lists
}

// isValuer reports whether the validator judges another value instead of
// one of type t, and of which type nobody knows.
func isValuer(t reflect.Type) bool { return reflect.PointerTo(t).Implements(typeValuer) }

// holdsStruct reports whether the validator finds rules in values of type t.
func holdsStruct(t reflect.Type) bool {
	t = behind(t)
	return t.Kind() == reflect.Struct && t != typeTime || t.Kind() == reflect.Interface
}
