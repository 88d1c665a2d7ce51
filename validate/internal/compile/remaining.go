package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// ForValidator returns the rules of a field of type t without the presence rules, which the
// validator does not run. If the field may be nil, because it is an Optional or has a
// presence rule, omitnil comes first: the other rules panic at a nil pointer.
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

// remaining returns the rules of a field that remain for the validator. The scan has checked
// max of text, lists and maps.
func (c *compiler) remaining(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	if _, ok := plan.OptionalOf(t); ok {
		return ForValidator(t, levels) // the scan checks no rule of an Optional
	}
	left := ForValidator(t, levels)
	for i := range left {
		// The scan does not look into a type that decodes itself.
		if plan.DecoderKind(plan.Behind(t)) != plan.KindInvalid {
			break
		}
		// A nil pointer breaks each rule, max included, so only the validator can decide.
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

// guards reports whether one of the rules is a rule of the Config. The validator does not
// run it behind a broken max. Without that max it would run, because the rules also run on
// a value that the scan has refused, and it may take long on a long value.
func (c *compiler) guards(rules []plan.Rule) bool {
	return slices.ContainsFunc(rules, func(rule plan.Rule) bool {
		return slices.ContainsFunc(rule.Alternatives, func(r plan.Rule) bool { return c.own[r.Name] != nil })
	})
}

// hoistable returns the kind of t if the scan counts the elements or characters of t.
func hoistable(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return reflect.Invalid // base64
	}
	return t.Kind()
}
