package lint

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// otherField returns the objection to a rule that compares the field f of t with another
// field. If that field does not exist, the rule fails for every request.
func otherField(t reflect.Type, f reflect.StructField, r singleRule) (reason, fix string) {
	fix = "name another Go field of " + plan.TypeName(t)
	one, other := r.bare(), fieldAt(t, r.Param)
	switch {
	case other == nil:
		return "names a field that does not exist", fix
	case r.Param == f.Name:
		return "compares the field with itself", fix
	case one != nil && other.Kind() != reflect.Interface && !plan.IsValuer(other) && !tellsApart(r.Name, one, other):
		return "does not compare the contents of " + plan.TypeName(one) + " and " + plan.TypeName(other),
			"give both fields one type of number, time.Time or, for equality, text, or compare them in a Validate method"
	}
	return "", ""
}

// fieldAt returns the type at the end of a path from the struct t such as Range.From,
// or nil if there is no such field.
func fieldAt(t reflect.Type, path string) reflect.Type {
	for name := range strings.SplitSeq(path, ".") {
		if t.Kind() != reflect.Struct {
			return nil
		}
		f, ok := t.FieldByName(name)
		if !ok {
			return nil
		}
		t = plan.Bare(f.Type)
	}
	return t
}

// tellsApart reports whether the rule compares the values of the two types, and not only
// their lengths or types.
func tellsApart(rule string, one, other reflect.Type) bool {
	contains := rule == "fieldcontains" || rule == "fieldexcludes"
	ordered := strings.HasPrefix(rule, "gt") || strings.HasPrefix(rule, "lt")
	switch k := one.Kind(); {
	case k != other.Kind(), contains && k != reflect.String, k == reflect.Slice, k == reflect.Array, k == reflect.Map:
		return false
	case k == reflect.Struct:
		return one.ConvertibleTo(plan.TypeTime) && other.ConvertibleTo(plan.TypeTime)
	case k == reflect.String, k == reflect.Bool:
		return !ordered
	}
	return true
}
