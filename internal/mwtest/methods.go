package mwtest

import (
	"reflect"
	"testing"
)

// HasMethodsOf fails t unless got has every exported method of want, with the same
// signature: a type assertion on want holds for got as well.
func HasMethodsOf(t testing.TB, got, want any) {
	t.Helper()
	for _, name := range missingMethods(got, want) {
		t.Errorf("%T has no %s, which %T has", got, name, want)
	}
}

func missingMethods(got, want any) (names []string) {
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range w.NumMethod() {
		name := w.Type().Method(i).Name
		if m := g.MethodByName(name); !m.IsValid() || m.Type() != w.Method(i).Type() {
			names = append(names, name)
		}
	}
	return names
}
