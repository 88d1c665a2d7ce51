package plan

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"
)

var (
	TypeJSON   = reflect.TypeFor[json.Unmarshaler]()
	typeText   = reflect.TypeFor[encoding.TextUnmarshaler]()
	TypeTime   = reflect.TypeFor[time.Time]()
	TypeNumber = reflect.TypeFor[json.Number]()
	TypeRaw    = reflect.TypeFor[json.RawMessage]()
	TypeValuer = reflect.TypeFor[validator.Valuer]()
)

// PublicNames replaces the names of this package in a text by the exported names.
var PublicNames = strings.NewReplacer("plan.Optional[", "validate.Optional[", "plan.List[", "validate.List[", "plan.File", "validate.File")

// TypeName returns the name of t without the path of its package. A struct without a name
// is shortened, because its string has all its tags.
func TypeName(t reflect.Type) string {
	switch {
	case t.Name() != "":
		return t.Name()
	case t.Kind() == reflect.Struct:
		return "struct {…}"
	}
	return t.String()
}

// Basic returns the kind of a string, bool or number type, with the bits of a number.
// For other types it is KindInvalid.
func Basic(t reflect.Type) (k Kind, bits int) {
	switch t.Kind() {
	case reflect.String:
		return KindString, 0
	case reflect.Bool:
		return KindBool, 0
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return KindInt, t.Bits()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return KindUint, t.Bits()
	case reflect.Float32, reflect.Float64:
		return KindFloat, t.Bits()
	}
	return KindInvalid, 0
}

// Behind returns t without its pointers.
func Behind(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// Bare returns t without pointers and Optionals: the type that the validator's rules see.
func Bare(t reflect.Type) reflect.Type {
	for {
		in, ok := OptionalOf(t)
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

// Leaf returns t without pointers, lists, maps and Optionals, and the number of lists that
// were removed. A map counts as two.
func Leaf(t reflect.Type) (reflect.Type, int) {
	lists := 0
	for range 100 { // type L []L never ends; compile refuses it
		if in, ok := OptionalOf(t); ok {
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

// IsValuer reports whether the validator asks t for the value to validate, whose type is
// unknown until then.
func IsValuer(t reflect.Type) bool { return reflect.PointerTo(t).Implements(TypeValuer) }

// HoldsStruct reports whether the validator finds rules in values of type t.
func HoldsStruct(t reflect.Type) bool {
	t = Behind(t)
	return t.Kind() == reflect.Struct && t != TypeTime || t.Kind() == reflect.Interface
}

// DecoderKind returns the kind of a type that decodes itself, or KindInvalid for a type
// that encoding/json decodes by its structure.
func DecoderKind(t reflect.Type) Kind {
	p := reflect.PointerTo(t)
	switch {
	case t == TypeNumber:
		return KindNumber
	case t == TypeRaw, t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return KindFree
	case t == TypeTime:
		return KindText
	case p.Implements(TypeJSON):
		return KindCustom
	case p.Implements(typeText):
		return KindText
	}
	return KindInvalid
}

// MayKeepBytes reports whether a type that decodes itself may keep a reference to the bytes
// of the body.
func MayKeepBytes(t reflect.Type, k Kind) bool {
	return (k == KindText || k == KindCustom) && !copies[t]
}

// copies are the types that decode themselves and copy the bytes that they keep. Only with
// these types may a body be read into memory that the next request uses again. The list has
// types and not packages: an import path does not tell the standard library from a module
// without a dot in its name, and an unnamed struct that embeds a type has its methods and no
// path. json.Number and json.RawMessage copy as well, and have a kind of their own.
var copies = map[reflect.Type]bool{
	TypeTime:                          true,
	reflect.TypeFor[netip.Addr]():     true,
	reflect.TypeFor[netip.AddrPort](): true,
	reflect.TypeFor[netip.Prefix]():   true,
	reflect.TypeFor[net.IP]():         true,
	reflect.TypeFor[big.Int]():        true,
	reflect.TypeFor[big.Float]():      true,
	reflect.TypeFor[big.Rat]():        true,
	reflect.TypeFor[slog.Level]():     true,
}

// ScalarKind returns the kind of a type that is read from one text, or KindInvalid.
func ScalarKind(t reflect.Type) Kind {
	if t == TypeTime || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(typeText) {
		return KindText
	}
	if DecoderKind(t) != KindInvalid {
		return KindInvalid
	}
	k, _ := Basic(t)
	return k
}

func FieldPath(where string, f reflect.StructField) string {
	return fmt.Sprintf("%s.%s", where, f.Name)
}
