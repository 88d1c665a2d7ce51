package validate

import (
	"reflect"
	"strings"
)

// crossField has the rules that name other fields of the same struct: one
// (step 0), several (1), or several each followed by a value (2).
var crossField = map[string]int{
	"eqfield": 0, "nefield": 0, "gtfield": 0, "gtefield": 0, "ltfield": 0, "ltefield": 0,
	"fieldcontains": 0, "fieldexcludes": 0,
	"required_with": 1, "required_with_all": 1, "required_without": 1, "required_without_all": 1,
	"excluded_with": 1, "excluded_with_all": 1, "excluded_without": 1, "excluded_without_all": 1,
	"postcode_iso3166_alpha2_field": 1, // the country
	"required_if":                   2, "required_unless": 2, "excluded_if": 2, "excluded_unless": 2, "skip_unless": 2,
}

// otherFields refuses a rule of t about other fields that are not there, which
// makes the comparison fail for every request or the condition never hold, or
// that cannot be compared with the field.
func (l *linter) otherFields(t reflect.Type, f reflect.StructField, p probe, where string) bool {
	name, param, _ := strings.Cut(p.rule, "=")
	step, ok := crossField[name]
	if !ok {
		return true
	}
	if _, others := aboutAbsence(p.rules[p.nth]); step > 0 && others && p.maybeNil(f.Type) {
		l.refuse(where, p.rules[p.nth], "has alternatives that are about there being nothing, and others that are about a value", "separate them by commas, or check it in a Validate method")
		return false
	}
	names, compares := paramWords.FindAllString(param, -1), step == 0
	if compares {
		step, names = 1, names[:min(1, len(names))]
	}
	if len(names) == 0 {
		l.refuse(where, p.rule, "names no field", "name a Go field of "+typeName(t)+" behind the =")
		return false
	}
	var other reflect.Type
	for i := 0; i < len(names); i += step {
		if other, ok = fieldAt(t, names[i]); !ok {
			l.refuse(where, p.rule, "names a field that does not exist", "name a Go field of "+typeName(t))
			return false
		}
	}
	if !compares {
		return true
	}
	if names[0] == f.Name {
		l.refuse(where, p.rule, "compares the field with itself", "name another Go field of "+typeName(t))
		return false
	}
	one := p.target(f.Type)
	if one == nil || other == nil || isValuer(one) || isValuer(other) {
		return true
	}
	if reason, fix := incomparable(name, one, other); reason != "" {
		l.refuse(where, p.rule, reason, fix)
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
