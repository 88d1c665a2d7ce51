package rule

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Describe returns the fault of a broken rule, which is a rule of the Config or else of
// the validator.
func (own OwnRules) Describe(e validator.FieldError) plan.Fault {
	r := own[e.Tag()]
	switch {
	case r == nil:
		return Describe(e.Tag(), e.Param(), e.Kind(), e.Type())
	case r.Expr == nil && e.Param() != "":
		return r.fault.With("param", e.Param())
	}
	return r.fault
}

// Describe returns the fault of a broken rule of the validator, for a value of type t
// and kind k. The codes are not the names of the validator's tags, so that a new version of
// the validator does not change them.
func Describe(name, param string, k reflect.Kind, t reflect.Type) plan.Fault {
	r := Table[name]
	if thing, counted := things[k]; counted && r.Counts != "" && (name != "eq" || k != reflect.String) {
		return r.describeCount(thing, param)
	}
	f := plan.Fault{Code: r.Code, Message: r.message, Compares: r.Code == "compare"}
	switch {
	case r.Code == "":
		return plan.FaultInvalid
	case k == reflect.Struct && r.times != "":
		f.Message = r.times
		return f
	case r.Code == "pattern":
		return f.With("name", name)
	case r.Param == "":
		return f
	case r.Param == "allowed", r.Param == "forbidden":
		return f.With(r.Param, Allowed(t, param))
	}
	value := typedParam(t, param)
	f.Message = strings.Replace(f.Message, "%", fmt.Sprint(value), 1)
	return f.With(r.Param, value)
}

// things names, for each kind of value, the things that a bound counts in it.
var things = map[reflect.Kind]struct{ code, plural string }{
	reflect.String: {"length", "characters"},
	reflect.Slice:  {"items", "items"},
	reflect.Array:  {"items", "items"},
	reflect.Map:    {"members", "members"},
}

// describeCount returns the fault of a bound on the number of things in a value.
func (r row) describeCount(thing struct{ code, plural string }, param string) plan.Fault {
	value := typedParam(reflect.TypeFor[int](), param)
	text := fmt.Sprint(value)
	f := plan.Fault{Code: thing.code, Message: strings.Replace(r.Counts, "%", text, 1) + thing.plural}
	if text == "1" {
		f.Message = strings.TrimSuffix(f.Message, "s")
	}
	name := r.Param
	switch r.Bound {
	case atLeast, moreThan:
		f.Code = "min_" + f.Code
	case atMost, lessThan:
		f.Code = "max_" + f.Code
	default:
		name = "len"
	}
	return f.With(name, value)
}
