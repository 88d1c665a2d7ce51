package lint

import (
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// free has one value of every type that encoding/json makes of JSON where the
// Go type does not say which. What is in the list and in the map has no hash,
// and so panics where a rule makes it the key of a map.
var free = []any{nil, true, 1.5, "a", []any{[]any{}}, map[string]any{"a": map[string]any{}}}

// samples returns values of the struct t to try the rules of f on. A rule may
// suit one type of a free value and panic at another; that of another field may
// do so too, if it compares the two. So each type of the one meets each of the
// other. The alternative, to refuse all rules of free values, would not help
// there: required_if on a string panics at what is in the field that it names.
func samples(t reflect.Type, f reflect.StructField) []reflect.Value {
	s := sampler{open: map[reflect.Type]int{}}
	values := []reflect.Value{s.value(t)}
	if !s.met {
		return values
	}
	for _, others := range free {
		for _, own := range free {
			s.free = others
			v := s.value(t)
			if field := v.FieldByIndex(f.Index); field.CanSet() {
				s.free = own
				field.Set(s.value(f.Type))
			}
			values = append(values, v)
		}
	}
	return values
}

// A sampler makes values with one element in every list and map and something
// behind every pointer.
type sampler struct {
	free any  // what a free value is
	met  bool // there is one
	open map[reflect.Type]int
}

// value returns a settable value of type t. A type inside itself is zero at
// the third level: no rule looks deeper into what it is on.
func (s *sampler) value(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	if t == plan.TypeTime || s.open[t] == 2 {
		return v
	}
	s.open[t]++
	defer func() { s.open[t]-- }()
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() == 0 {
			s.met = true
			if s.free != nil {
				v.Set(reflect.ValueOf(s.free))
			}
		}
	case reflect.Pointer:
		v.Set(s.value(t.Elem()).Addr())
	case reflect.Slice:
		v.Set(reflect.Append(v, s.value(t.Elem())))
	case reflect.Array:
		for i := range min(t.Len(), 1) {
			v.Index(i).Set(s.value(t.Elem()))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(reflect.Zero(t.Key()), s.value(t.Elem()))
	case reflect.Struct:
		for i := range t.NumField() {
			if f := v.Field(i); f.CanSet() {
				f.Set(s.value(t.Field(i).Type))
			}
		}
		if _, ok := plan.OptionalOf(t); ok {
			v.Field(0).SetBool(true)
		}
	}
	return v
}
