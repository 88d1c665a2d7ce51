package safelog

import (
	"reflect"
	"slices"
	"strings"
)

// A secret may stand beside its name instead of under it: {name: DB_PASSWORD,
// value: …}. Environments, headers and parameters are often listed in this form.

// isNameKey reports whether s is the key of the name in such a pair.
func isNameKey(s string) bool { return strings.EqualFold(s, "name") || strings.EqualFold(s, "key") }

// isValueKey reports whether s is the key of the value in such a pair. A default
// value is one too, as in flag.Flag.
func isValueKey(s string) bool {
	return strings.EqualFold(s, "value") || strings.EqualFold(s, "values") ||
		strings.EqualFold(s, "default") || strings.EqualFold(s, "defvalue")
}

// namesSecret reports whether v is a sensitive name.
func (w *walker) namesSecret(v reflect.Value) bool {
	for range 3 { // no more, since a pointer can point to itself
		if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
	}
	if v.Kind() == reflect.Struct && typeName(v.Type()) == "encoding/xml.Name" {
		v = v.FieldByName("Local")
	}
	return v.Kind() == reflect.String && w.sensitiveUncut(v.String())
}

// fieldsNameSecret reports whether the name field of v, if there is one, holds a
// sensitive name.
func (w *walker) fieldsNameSecret(v reflect.Value, fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.isNameKey && w.namesSecret(v.Field(f.index)) })
}

// entriesNameSecret is fieldsNameSecret for the entries of a map v.
func (w *walker) entriesNameSecret(v reflect.Value, entries []mapEntry) bool {
	return slices.ContainsFunc(entries, func(e mapEntry) bool { return isNameKey(e.json) && w.namesSecret(v.MapIndex(e.key)) })
}
