package validate

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
)

// describe returns the fault of a broken rule: of one of the Config, or else of
// the validator.
func (own ownRules) describe(e validator.FieldError) fault {
	r := own[e.Tag()]
	switch {
	case r == nil:
		return describe(e.Tag(), e.Param(), e.Kind(), e.Type())
	case r.expr == nil && e.Param() != "":
		return r.fault.with("param", e.Param())
	}
	return r.fault
}

// describe returns the fault of a broken rule of the validator, for a value of type t
// and kind k. Codes are ours and not the names of the validator's tags, so that they
// stay when those change.
func describe(name, param string, k reflect.Kind, t reflect.Type) fault {
	r := table[name]
	if thing, counted := things[k]; counted && r.counts != "" && (name != "eq" || k != reflect.String) {
		return r.describeCount(thing, param)
	}
	f := fault{code: r.code, message: r.message}
	if k == reflect.Struct && r.times != "" {
		f.message = r.times
	}
	switch {
	case r.code == "":
		return faultInvalid
	case r.code == "compare", r.code == "excluded":
		f.relation = related
	case r.code == "required":
		f.relation = conditional
	case k == reflect.Struct && r.times != "", r.param == "":
	case r.param == "allowed":
		return f.with(r.param, allowed(t, param))
	default:
		value := typedParam(t, param)
		f.message = strings.Replace(f.message, "%", fmt.Sprint(value), 1)
		return f.with(r.param, value)
	}
	return f
}

// things has what the bounds count in values of a kind.
var things = map[reflect.Kind]struct{ code, plural string }{
	reflect.String: {"length", "characters"},
	reflect.Slice:  {"items", "items"},
	reflect.Array:  {"items", "items"},
	reflect.Map:    {"members", "members"},
}

// describeCount returns the fault of a bound on a number of things.
func (r row) describeCount(thing struct{ code, plural string }, param string) fault {
	value := sizeParam(param)
	text := fmt.Sprint(value)
	f := fault{code: thing.code, message: strings.Replace(r.counts, "%", text, 1) + thing.plural}
	if text == "1" {
		f.message = strings.TrimSuffix(f.message, "s")
	}
	name := r.param
	switch r.bound {
	case atLeast, moreThan:
		f.code = "min_" + f.code
	case atMost, lessThan:
		f.code = "max_" + f.code
	default:
		name = "len"
	}
	return f.with(name, value)
}
