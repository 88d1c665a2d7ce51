package lint

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// otherFields refuses a rule of t about other fields that are not there, which
// makes the comparison fail for every request or the condition never hold, or
// that cannot be compared with the field.
func (l *Linter) otherFields(t reflect.Type, f reflect.StructField, p singleRule, where string) bool {
	name, param := p.Name, p.Param
	fields := rule.Table[name].Fields
	if fields == rule.NoField {
		return true
	}
	names, compares := rule.ParamWords.FindAllString(param, -1), fields == rule.OneField
	if compares {
		names = names[:min(1, len(names))]
	}
	if len(names) == 0 {
		l.refuse(where, p.Text, "names no field", "name a Go field of "+plan.TypeName(t)+" behind the =")
		return false
	}
	var other reflect.Type
	for i := 0; i < len(names); i += fields.Step() {
		var ok bool
		if other, ok = fieldAt(t, names[i]); !ok {
			l.refuse(where, p.Text, "names a field that does not exist", "name a Go field of "+plan.TypeName(t))
			return false
		}
	}
	if !compares {
		return true
	}
	if names[0] == f.Name {
		l.refuse(where, p.Text, "compares the field with itself", "name another Go field of "+plan.TypeName(t))
		return false
	}
	one := p.target(f.Type)
	if one == nil || other == nil || plan.IsValuer(one) || plan.IsValuer(other) {
		return true
	}
	if reason, fix := incomparable(name, one, other); reason != "" {
		l.refuse(where, p.Text, reason, fix)
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
		if t.Kind() != reflect.Struct || t.ConvertibleTo(plan.TypeTime) {
			return nil, false
		}
		f, ok := t.FieldByName(name)
		if !ok {
			return nil, false
		}
		t = plan.Bare(f.Type)
		if index != "" {
			for range strings.Count(index, "]") {
				switch t.Kind() {
				case reflect.Slice, reflect.Array, reflect.Map:
					t = plan.Bare(t.Elem())
				case reflect.Interface:
					return nil, true
				default:
					return nil, false
				}
			}
		}
		if t.Kind() == reflect.Interface || plan.IsValuer(t) {
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
	case k == reflect.Struct && (!one.ConvertibleTo(plan.TypeTime) || !other.ConvertibleTo(plan.TypeTime)):
		return "compares at most the types of the two, and never what is in them", method
	case k == reflect.String && order:
		return "compares the lengths of the two texts in bytes, and never what is in them", method + ", or make both a number or a time.Time"
	case k == reflect.Bool && order:
		return "asks which of two truths is the greater, and says the same of every value", method
	}
	return "", ""
}
