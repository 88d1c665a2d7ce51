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

// PublicNames writes the types of this package in a text as users know them.
var PublicNames = strings.NewReplacer("plan.Optional[", "validate.Optional[", "plan.File", "validate.File")

// TypeName is the name of t without the path of its package. A struct without
// one is not written out: all its tags would be in it.
func TypeName(t reflect.Type) string {
	switch {
	case t.Name() != "":
		return t.Name()
	case t.Kind() == reflect.Struct:
		return "struct {…}"
	}
	return t.String()
}

// Basic returns the kind of a type that is text, a truth or a number, with the
// bits of a number, or KindInvalid.
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

// Behind returns what t points to in the end.
func Behind(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// Bare returns what the validator judges of a t: what is behind pointers, and
// in an Optional.
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

// Leaf returns what is in t at the end of pointers, lists, maps and Optionals,
// and how many lists there are before it: more than one, if a map is.
func Leaf(t reflect.Type) (reflect.Type, int) {
	lists := 0
	for range 100 { // a list of itself, which slot refuses, has no end
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

// IsValuer reports whether the validator judges another value instead of
// one of type t, and of which type nobody knows.
func IsValuer(t reflect.Type) bool { return reflect.PointerTo(t).Implements(TypeValuer) }

// HoldsStruct reports whether the validator finds rules in values of type t.
func HoldsStruct(t reflect.Type) bool {
	t = Behind(t)
	return t.Kind() == reflect.Struct && t != TypeTime || t.Kind() == reflect.Interface
}

// DecoderKind returns how t decodes JSON if not by what it is made of, or KindInvalid.
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

// MayKeepBytes reports whether a type that decodes itself may keep the bytes that
// it decodes.
func MayKeepBytes(t reflect.Type, k Kind) bool {
	return (k == KindText || k == KindCustom) && !copies[t]
}

// copies are the types that decode themselves and are known to keep nothing of
// the bytes that they decode. Only behind these may a body be read into memory
// that the next request uses again. The list is one of types and not of
// packages: a path does not tell the standard library from a module without a
// dot in its name, and an unnamed struct that embeds a type has the methods of
// it and no path at all. What such a type has inside it decodes itself. Beside
// these, json.Number and json.RawMessage are copied (DecoderKind returns before).
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

// ScalarKind returns how a single value of type t is read from text.
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
