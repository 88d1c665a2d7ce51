package lint

import (
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// free has one value of every type that encoding/json decodes into an interface: a rule
// may support one of these types and panic on another. The elements of the list and of
// the map have no hash, so a rule panics that uses them as the keys of a map.
var free = []any{nil, true, 1.5, "a", []any{[]any{}}, map[string]any{"a": map[string]any{}}}

// samples returns values of the struct t to try rules on.
func samples(t reflect.Type) (values []reflect.Value) {
	for _, value := range free {
		s := sampler{free: value, open: map[reflect.Type]int{}}
		values = append(values, s.value(t))
	}
	return values
}

// A sampler makes values with one element in every list and map and without nil pointers.
type sampler struct {
	free any                  // the value of each interface
	open map[reflect.Type]int // the number of values of the type that are being made
}

// value returns a settable value of type t. At the third level of a recursive type the
// value is zero: no rule looks deeper into its field.
func (s *sampler) value(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	if t == plan.TypeTime || s.open[t] == 2 {
		return v
	}
	s.open[t]++
	defer func() { s.open[t]-- }()
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() == 0 && s.free != nil {
			v.Set(reflect.ValueOf(s.free))
		}
	case reflect.Pointer:
		v.Set(s.value(t.Elem()).Addr())
	case reflect.Slice:
		v.Set(reflect.Append(v, s.value(t.Elem())))
	case reflect.Array:
		if t.Len() > 0 {
			v.Index(0).Set(s.value(t.Elem()))
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
