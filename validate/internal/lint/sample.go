package lint

import (
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// free has one value of every type that encoding/json makes of JSON where the
// Go type does not say which: a rule may suit one of them and panic at another. What
// is in the list and in the map has no hash, and so panics where a rule makes it
// the key of a map.
var free = []any{nil, true, 1.5, "a", []any{[]any{}}, map[string]any{"a": map[string]any{}}}

// samples returns values of the struct t to try rules on.
func samples(t reflect.Type) (values []reflect.Value) {
	for _, value := range free {
		s := sampler{free: value, open: map[reflect.Type]int{}}
		values = append(values, s.value(t))
	}
	return values
}

// A sampler makes values with one element in every list and map and something
// behind every pointer.
type sampler struct {
	free any                  // the value of each free field
	open map[reflect.Type]int // how often value is inside the type
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
