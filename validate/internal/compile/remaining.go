package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// ForValidator returns the rules of a field of type t that the validator may be asked
// about: not those about which fields were sent. Where there may be nothing, in an
// Optional or for want of what such a rule asks for, it puts omitnil in front, for the
// rules that follow are about a value and panic at a nil pointer.
func ForValidator(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	out := slices.Clone(levels)
	_, nothing := plan.OptionalOf(t)
	l := &out[0]
	if slices.ContainsFunc(l.Rules, rule.AboutPresence) {
		l.Rules = slices.DeleteFunc(slices.Clone(l.Rules), rule.AboutPresence)
		nothing = nothing || plan.MayBeNil(t)
	}
	if nothing && (len(l.Rules) > 0 || l.Deep) {
		l.Rules = slices.Insert(slices.Clone(l.Rules), 0, plan.ReadRule("omitnil"))
	}
	return out
}

// remaining returns what is left of the rules of a field for the validator to do,
// once the scan has done its part: not a max of text, lists and maps.
func (c *compiler) remaining(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	if _, ok := plan.OptionalOf(t); ok {
		return ForValidator(t, levels) // behind it no rule is prechecked
	}
	left := ForValidator(t, levels)
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
