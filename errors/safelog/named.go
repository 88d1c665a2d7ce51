package safelog

import (
	"reflect"
	"slices"
	"strings"
)

// A secret may stand beside its name and not under it: {name: DB_PASSWORD, value:
// …}, as environments, headers and parameters are often listed.

// isName and isNamed report whether a field or key is one half of such a pair.
func isName(s string) bool  { return strings.EqualFold(s, "name") || strings.EqualFold(s, "key") }
func isNamed(s string) bool { return strings.EqualFold(s, "value") || strings.EqualFold(s, "values") }

// namesSecret reports whether v is the sensitive name of such a pair.
func (w *walker) namesSecret(v reflect.Value) bool {
	for range 3 { // and not more, for a pointer can point to itself
		if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
	}
	return v.Kind() == reflect.String && w.sensitiveUncut(v.String())
}

// maskedFields reports whether the fields of v name a secret.
func (w *walker) maskedFields(v reflect.Value, fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.isName && w.namesSecret(v.Field(f.index)) })
}

// maskedEntries reports whether one of entries, which are of v, names a secret.
func (w *walker) maskedEntries(v reflect.Value, entries []entry) bool {
	return slices.ContainsFunc(entries, func(e entry) bool { return isName(e.json) && w.namesSecret(v.MapIndex(e.key)) })
}
