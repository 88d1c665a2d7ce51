package lint

import (
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// frees has one value of every type that encoding/json decodes into an interface: a rule
// may support one of these types and panic on another. The elements of the list and of
// the map have no hash, so a rule panics that uses them as the keys of a map.
var frees = []any{nil, true, 1.5, "a", []any{[]any{}}, map[string]any{"a": map[string]any{}}}

// samples returns values of the struct t to try rules on.
func samples(t reflect.Type) (values []reflect.Value) {
	for _, value := range frees {
		values = append(values, sample(t, value, map[reflect.Type]int{}))
	}
	return values
}

// sample returns a settable value of type t with one element in every list and map, without nil
// pointers, and with the value free in each interface. open has the number of values of each
// type that are being made. At the third level of a recursive type the value is zero: no rule
// looks deeper into its field.
func sample(t reflect.Type, free any, open map[reflect.Type]int) reflect.Value {
	v := reflect.New(t).Elem()
	if t == plan.TypeTime || open[t] == 2 {
		return v
	}
	open[t]++
	defer func() { open[t]-- }()
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() == 0 && free != nil {
			v.Set(reflect.ValueOf(free))
		}
	case reflect.Pointer:
		v.Set(sample(t.Elem(), free, open).Addr())
	case reflect.Slice:
		v.Set(reflect.Append(v, sample(t.Elem(), free, open)))
	case reflect.Array:
		if t.Len() > 0 {
			v.Index(0).Set(sample(t.Elem(), free, open))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(reflect.Zero(t.Key()), sample(t.Elem(), free, open))
	case reflect.Struct:
		for i := range t.NumField() {
			if f := v.Field(i); f.CanSet() {
				f.Set(sample(t.Field(i).Type, free, open))
			}
		}
		if _, ok := plan.OptionalOf(t); ok {
			v.Field(0).SetBool(true)
		}
	}
	return v
}
