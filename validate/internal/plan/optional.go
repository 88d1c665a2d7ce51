package plan

import (
	"encoding/json"
	"reflect"
)

// An Optional is validate.Optional.
type Optional[T any] struct {
	Set, Null bool
	Value     T
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	*o = Optional[T]{Set: true}
	if string(b) == "null" {
		o.Null = true
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}

// MarshalJSON implements json.Marshaler.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Set || o.Null {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// ValidatorValue returns the value that the rules of the tag are for. Absent or null, it
// is a nil pointer, which the rule omitnil admits.
func (o Optional[T]) ValidatorValue() any {
	if !o.Set || o.Null {
		return (*T)(nil)
	}
	return o.Value
}

// optional is implemented by Optional, and by a struct that embeds an Optional.
type optional interface {
	self() (t, value reflect.Type)
}

func (o Optional[T]) self() (t, value reflect.Type) {
	return reflect.TypeFor[Optional[T]](), reflect.TypeFor[T]()
}

// OptionalOf returns the T of an Optional[T].
func OptionalOf(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct || t.PkgPath() != pkgPath {
		return nil, false
	}
	o, ok := reflect.Zero(t).Interface().(optional)
	if !ok {
		return nil, false
	}
	self, value := o.self()
	return value, self == t
}

var pkgPath = reflect.TypeFor[Limits]().PkgPath()

func MayBeNil(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface
}
