package jwtauth_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// fieldsOf is the reference of what encoding/json knows by name in custom: the
// types of the fields, by their exact names.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for _, sf := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "-" && sf.Tag.Get("json") != "-," || !sf.IsExported() || sf.Anonymous || name == "" {
			continue
		}
		all[name] = sf.Type
	}
	return all
}

// onlyExact leaves out of a decoded value what a reader that knows the names of
// t exactly would leave out.
func onlyExact(value any, fields map[string]reflect.Type) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	kept := map[string]any{}
	for name, v := range object {
		if t, ok := fields[name]; ok {
			kept[name] = ofType(v, t)
		}
	}
	return kept
}

func ofType(value any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Struct && t.PkgPath() != "time" && t != reflect.TypeFor[stamp]():
		return onlyExact(value, fieldsOf(t))
	case t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Array:
		elements, ok := value.([]any)
		if !ok {
			return value
		}
		all := make([]any, len(elements))
		for i, e := range elements {
			all[i] = ofType(e, t.Elem())
		}
		return all
	case t.Kind() == reflect.Map:
		object, ok := value.(map[string]any)
		if !ok {
			return value
		}
		all := map[string]any{}
		for name, e := range object {
			all[name] = ofType(e, t.Elem())
		}
		return all
	}
	return value
}

func numbersOf(text string, to any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return dec.Decode(to)
}

// The relation of FuzzTyped sees what it is there for: a lenient reader fails it.
func TestExactNamesAreSeen(t *testing.T) {
	s := signers()[2]
	v := typed[custom](t, config(s))
	accepted, folded := 0, 0
	for _, a := range nameAttacks() {
		text := decode(splitToken(a.token(s))[1])
		if ok := checkNames(t, v, s, text); ok != (a.want == nil) {
			t.Errorf("%s: accepted %v", a.name, ok)
		} else if ok {
			accepted++
		}
		var all any
		var lenient, strict custom
		if numbersOf(text, &all) != nil || json.Unmarshal([]byte(text), &lenient) != nil {
			continue
		}
		exact, err := json.Marshal(onlyExact(all, fieldsOf(reflect.TypeFor[custom]())))
		if err != nil || json.Unmarshal(exact, &strict) != nil {
			t.Fatalf("%s: %v", exact, err)
		}
		if lenient.Raw, strict.Raw = nil, nil; !reflect.DeepEqual(lenient, strict) {
			folded++
			if a.want == nil {
				t.Errorf("%s: a name was taken for another", a.name)
			}
		}
	}
	if accepted < 10 || folded < 10 {
		t.Errorf("%d accepted, %d folded by encoding/json", accepted, folded)
	}
}
