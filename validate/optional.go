package validate

import (
	"encoding/json"
	"reflect"
	"slices"
)

// Optional is a member of a JSON body that tells apart whether it was absent,
// null or a value, as a PATCH needs it: absent leaves what there is, null
// removes it, a value replaces it.
//
//	absent   Set is false
//	null     Set and Null are true
//	a value  Set is true, and Value is it
//
// Rules of the validate tag hold for Value if there is one; required means that
// there is. T is what else could be the type of the member, but not a pointer.
// An Optional is the field of a struct itself, not behind a pointer and not in
// a list, and for bodies only: a parameter that may be absent is a pointer.
//
// It encodes as Value or null; tag the field json:",omitzero" to leave it out
// if it is not set.
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

// ValidatorValue tells the validator what the rules of the tag are for. That of
// nothing is a nil pointer, which omitnil lets pass.
func (o Optional[T]) ValidatorValue() any {
	if !o.Set || o.Null {
		return (*T)(nil)
	}
	return o.Value
}

// optional is what an Optional implements, and what embeds one.
type optional interface {
	self() (t, value reflect.Type)
}

func (o Optional[T]) self() (t, value reflect.Type) {
	return reflect.TypeFor[Optional[T]](), reflect.TypeFor[T]()
}

// optionalOf returns the T of an Optional[T].
func optionalOf(t reflect.Type) (reflect.Type, bool) {
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

var pkgPath = reflect.TypeFor[limits]().PkgPath()

// omitNothing puts omitnil into the tag of a field of type t: behind rules such
// as required_with, which are about there being nothing. The validator would go
// on to rules that panic at a nil pointer. An Optional has it without such rules
// too, so that they hold only for a value.
func omitNothing(t reflect.Type, levels []level) []level {
	out := slices.Clone(levels)
	in, optional := optionalOf(t)
	if optional {
		t = in
	}
	for i := range out {
		l := &out[i]
		first := absence(*l)
		if (optional || first > 0 && mayBeNil(t)) && (len(l.rules) > 0 || l.deep) {
			l.rules = slices.Insert(slices.Clone(l.rules), first, readRule("omitnil"))
		}
		switch t = behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t, optional = t.Elem(), false
		default:
			return out
		}
	}
	return out
}

func mayBeNil(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface
}

// absence returns how many rules there are up to the last of those at the
// beginning that also hold for what is not there.
func absence(l level) (n int) {
	for i, rule := range l.rules {
		switch about, others := aboutAbsence(rule); {
		case about && !others:
			n = i + 1
		case rule.text != "required": // which is the scan's
			return n
		}
	}
	return n
}

// aboutAbsence reports whether one of the alternatives also holds for what is
// not there, and whether there are others.
func aboutAbsence(rule tagRule) (about, others bool) {
	for _, alternative := range rule.alternatives {
		if table[alternative.name].fields > oneField {
			about = true
		} else {
			others = true
		}
	}
	return about, others
}

// memberSlot compiles the place of a member, which may be an Optional.
func (c *compiler) memberSlot(t reflect.Type, levels []level, where string) slot {
	in, ok := optionalOf(t)
	if !ok {
		return c.slot(t, levels, 0, where)
	}
	if in.Kind() == reflect.Pointer {
		c.refuse(where, t.String(), "is an Optional of a pointer, which would be nil in two ways", "use the type that it points to")
	}
	p := c.slot(in, levels, 0, where)
	p.size = int64(t.Size())
	p.nullable = !at(levels, 0).required()
	p.pointer = true // absent, it is nothing, and what must be in it need not be
	return p
}
