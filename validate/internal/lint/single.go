package lint

import (
	"encoding"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A singleRule is one rule of a tag, with a tag that runs this rule only.
type singleRule struct {
	plan.Rule
	tag      string       // the rule, behind the dives that lead to its values
	typ      reflect.Type // the type of these values; nil if dive does not lead to values
	needless bool         // the rule is required, for keys or elements that cannot be null
}

// singleRules splits the tag of a field of type t. The validator stops at the first rule
// that fails and at the first alternative that holds, so it would not reach all rules.
func singleRules(t reflect.Type, levels []plan.DepthRules) []singleRule {
	var list []singleRule
	var key reflect.Type
	prefix := ""
	for depth, l := range levels {
		add := func(rules []plan.Rule, before, after string, t reflect.Type) {
			for _, r := range rules {
				needless := r.Text == "required" && depth > 0 && !mayBeNull(t) && !neverEmpty(t)
				for _, alternative := range r.Alternatives {
					list = append(list, singleRule{alternative, before + alternative.Text + after, t, needless})
				}
			}
		}
		add(l.Keys, prefix+"keys,", ",endkeys", key)
		add(l.Rules, prefix, "", t)
		if l.Deep {
			list = append(list, singleRule{Rule: plan.ReadRule("dive"), tag: prefix + "dive", typ: t})
			prefix += "dive,"
			key, t = elementTypes(t)
		}
	}
	return list
}

// bare returns the type that the validator applies the rule to, or nil if the type
// depends on the value.
func (r singleRule) bare() reflect.Type {
	if r.typ == nil {
		return nil
	}
	t := plan.Bare(r.typ)
	if t.Kind() == reflect.Interface || plan.IsValuer(t) {
		return nil
	}
	return t
}

// elementTypes returns the types of the keys and of the elements of a list or a map, or nil.
func elementTypes(t reflect.Type) (key, elem reflect.Type) {
	if t == nil {
		return nil, nil
	}
	switch t = plan.Bare(t); t.Kind() {
	case reflect.Map:
		return t.Key(), t.Elem()
	case reflect.Slice, reflect.Array:
		return nil, t.Elem()
	}
	return nil, nil
}

// neverEmpty reports whether required adds nothing to the type t that an author could miss: a
// struct has required members of its own, and a text such as that of a UUID or a time is
// never "".
func neverEmpty(t reflect.Type) (yes bool) {
	switch k := plan.DecoderKind(t); {
	case k == plan.KindInvalid:
		return t.Kind() == reflect.Struct
	case k != plan.KindText:
		return false
	}
	defer func() { yes = recover() == nil && yes }() // the type may panic at an empty text
	return reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText(nil) != nil
}

// mayBeNull reports whether JSON null is a value of type t in a list or a map.
func mayBeNull(t reflect.Type) bool {
	if t == nil || plan.MayBeNil(t) {
		return true
	}
	decoder := plan.DecoderKind(t)
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Map) && (decoder == plan.KindInvalid || decoder == plan.KindFree)
}

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
