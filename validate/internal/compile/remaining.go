package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// OmitNothing puts omitnil into the tag of a field of type t: behind rules such
// as required_with, which are about there being nothing. The validator would go
// on to rules that panic at a nil pointer. An Optional has it without such rules
// too, so that they hold only for a value.
func OmitNothing(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	out := slices.Clone(levels)
	in, optional := plan.OptionalOf(t)
	if optional {
		t = in
	}
	for i := range out {
		l := &out[i]
		first := absence(*l)
		if (optional || first > 0 && plan.MayBeNil(t)) && (len(l.Rules) > 0 || l.Deep) {
			l.Rules = slices.Insert(slices.Clone(l.Rules), first, plan.ReadRule("omitnil"))
		}
		switch t = plan.Behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t, optional = t.Elem(), false
		default:
			return out
		}
	}
	return out
}

// absence returns how many rules there are up to the last of those at the
// beginning that also hold for what is not there.
func absence(l plan.DepthRules) (n int) {
	for i, r := range l.Rules {
		switch about, others := rule.AboutAbsence(r); {
		case about && !others:
			n = i + 1
		case r.Text != "required": // which is the scan's
			return n
		}
	}
	return n
}

// remaining returns what is left of the rules of a field for the validator to do,
// once the scan has done its part: not a max of text, lists and maps.
func (c *compiler) remaining(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	if _, ok := plan.OptionalOf(t); ok {
		return OmitNothing(t, levels) // behind it no rule is prechecked
	}
	left := OmitNothing(t, levels)
	for i := range left {
		// What is in a type that decodes itself has no plan.
		if plan.DecoderKind(plan.Behind(t)) != plan.KindInvalid {
			break
		}
		// Of a nil pointer each rule is broken, max too.
		if k := hoistable(t); k == reflect.Slice || k == reflect.Map || k == reflect.String {
			l := &left[i]
			if at := rule.Prechecked(*l); at >= 0 && !c.guards(l.Rules[at+1:]) {
				l.Rules = slices.Delete(slices.Clone(l.Rules), at, at+1)
			}
		}
		switch t = plan.Behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return left
		}
	}
	return left
}

// guards reports whether one of the rules is of the Config. Behind a max that
// is broken the validator does not ask it; behind none it would, for the rules
// run also on what the scan has found fault with, and it may take long.
func (c *compiler) guards(rules []plan.Rule) bool {
	return slices.ContainsFunc(rules, func(rule plan.Rule) bool {
		return slices.ContainsFunc(rule.Alternatives, func(r plan.Rule) bool { return c.own[r.Name] != nil })
	})
}

// hoistable returns the kind of t if the scan counts what it has.
func hoistable(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return reflect.Invalid // base64
	}
	return t.Kind()
}
