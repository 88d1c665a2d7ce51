package validate

import (
	"reflect"
	"strings"
)

// otherFields refuses a rule of t about other fields that are not there, which
// makes the comparison fail for every request or the condition never hold, or
// that cannot be compared with the field.
func (l *linter) otherFields(t reflect.Type, f reflect.StructField, p probe, where string) bool {
	name, param := p.name, p.param
	fields := table[name].fields
	if fields == noField {
		return true
	}
	if _, others := aboutAbsence(p.rules[p.nth]); fields > oneField && others && p.maybeNil(f.Type) {
		l.refuse(where, p.rules[p.nth].text, "has alternatives that are about there being nothing, and others that are about a value", "separate them by commas, or check it in a Validate method")
		return false
	}
	names, compares := paramWords.FindAllString(param, -1), fields == oneField
	if compares {
		names = names[:min(1, len(names))]
	}
	if len(names) == 0 {
		l.refuse(where, p.text, "names no field", "name a Go field of "+typeName(t)+" behind the =")
		return false
	}
	var other reflect.Type
	for i := 0; i < len(names); i += fields.step() {
		var ok bool
		if other, ok = fieldAt(t, names[i]); !ok {
			l.refuse(where, p.text, "names a field that does not exist", "name a Go field of "+typeName(t))
			return false
		}
	}
	if !compares {
		return true
	}
	if names[0] == f.Name {
		l.refuse(where, p.text, "compares the field with itself", "name another Go field of "+typeName(t))
		return false
	}
	one := p.target(f.Type)
	if one == nil || other == nil || isValuer(one) || isValuer(other) {
		return true
	}
	if reason, fix := incomparable(name, one, other); reason != "" {
		l.refuse(where, p.text, reason, fix)
		return false
	}
	return true
}

// fieldAt returns the type of what the path leads to from the struct t, as the
// validator follows it: "Range.From", "List[0]". It is nil if only a value has
// one.
func fieldAt(t reflect.Type, path string) (reflect.Type, bool) {
	for name := range strings.SplitSeq(path, ".") {
		name, index, _ := strings.Cut(name, "[")
		if t.Kind() != reflect.Struct || t.ConvertibleTo(typeTime) {
			return nil, false
		}
		f, ok := t.FieldByName(name)
		if !ok {
			return nil, false
		}
		t = bare(f.Type)
		if index != "" {
			for range strings.Count(index, "]") {
				switch t.Kind() {
				case reflect.Slice, reflect.Array, reflect.Map:
					t = bare(t.Elem())
				case reflect.Interface:
					return nil, true
				default:
					return nil, false
				}
			}
		}
		if t.Kind() == reflect.Interface || isValuer(t) {
			return nil, true
		}
	}
	return t, true
}

// incomparable returns why the rule does not compare values of the two types,
// or "".
func incomparable(rule string, one, other reflect.Type) (reason, fix string) {
	const method = "compare them in a Validate method"
	order := rule != "eqfield" && rule != "nefield"
	switch k := one.Kind(); {
	case rule == "fieldcontains" || rule == "fieldexcludes":
		if k != reflect.String || other.Kind() != reflect.String {
			return "looks for text in text, and one of the two fields has none", method
		}
	case k != other.Kind():
		return "compares a value of kind " + k.String() + " with one of kind " + other.Kind().String() + ", and so says the same of every value", "give both fields the same type, or " + method
	case k == reflect.Slice || k == reflect.Array || k == reflect.Map:
		return "compares at most the lengths of the two, and never what is in them", method
	case k == reflect.Struct && (!one.ConvertibleTo(typeTime) || !other.ConvertibleTo(typeTime)):
		return "compares at most the types of the two, and never what is in them", method
	case k == reflect.String && order:
		return "compares the lengths of the two texts in bytes, and never what is in them", method + ", or make both a number or a time.Time"
	case k == reflect.Bool && order:
		return "asks which of two truths is the greater, and says the same of every value", method
	}
	return "", ""
}
