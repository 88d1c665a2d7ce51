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
		isBase64 := t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
		if k := t.Kind(); !isBase64 && (k == reflect.Slice || k == reflect.Map || k == reflect.String) {
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

// A tagSplit has the two parts of the rules of a field: the validator runs one part together
// with the struct of the field, and the visitor runs the other part for each element.
type tagSplit struct {
	validatorTag string
	elementRules []plan.ElementRules // behind the first dive, the second …
	toStructs    bool                // the innermost elements are structs, which the visitor visits
	skipZero     []bool              // by depth: a zero value is not visited
}

// split splits left, the rules that the validator must run on a field of type t. levels are
// all rules of the field.
func (c *compiler) split(t reflect.Type, levels, left []plan.DepthRules) tagSplit {
	whole := tagSplit{validatorTag: plan.StripRequired(left)}
	if value, ok := plan.OptionalOf(t); ok {
		t = reflect.PointerTo(value)
	}
	pointed, skip, elements, depth := make([]bool, len(left)), make([]bool, len(left)), 1, 0
	for ; ; depth++ { // to the innermost elements of lists and maps
		for t.Kind() == reflect.Pointer {
			t, pointed[depth] = t.Elem(), true
		}
		skip[depth] = skipsZero(left[depth], pointed[depth])
		if plan.DecoderKind(t) != plan.KindInvalid || !left[depth].Deep {
			break
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			elements *= max(1, rule.MostOf(plan.AtDepth(levels, depth), c.Items))
		case reflect.Array:
			elements *= max(1, t.Len())
		default:
			return whole // the dry run refuses a dive here
		}
		elements = min(elements, plan.MaxNear+1) // so that the product cannot overflow
		t = t.Elem()
	}
	d := tagSplit{toStructs: c.visitable(t) && (depth > 0 || pointed[0]), skipZero: skip}
	if left[depth].Deep || !d.toStructs && plan.HoldsStruct(t) {
		return whole // the visitor has no plan for a type that decodes itself, or for an interface
	}
	if elements > plan.MaxNear && !slices.Contains(pointed[:depth], true) && (!d.toStructs || !canBreak(left[depth])) {
		d.elementRules = elementRules(left[1:depth+1], d.toStructs)
		left, depth = []plan.DepthRules{{Rules: left[0].Rules}}, 0
	}
	d.validatorTag = withoutIdleDives(slices.Clone(left[:depth+1]), pointed, d.toStructs && depth == len(left)-1)
	return d
}

// elementRules returns the rules for the elements of a list or map, by depth. toStructs says
// that the innermost elements are structs, which the visitor visits.
func elementRules(levels []plan.DepthRules, toStructs bool) []plan.ElementRules {
	list := make([]plan.ElementRules, len(levels))
	for i, l := range levels {
		list[i] = plan.ElementRules{Elem: plan.TagOf(l.Rules), Keys: plan.TagOf(l.Keys)}
	}
	if toStructs { // for any tag, the validator would run the rules of the struct as well
		list[len(list)-1].Elem = ""
	}
	return list
}

// withoutIdleDives returns the tag of the levels without the dives that lead to no rule.
func withoutIdleDives(levels []plan.DepthRules, pointed []bool, toStructs bool) string {
	last := len(levels) - 1
	// The validator reports a dive into a nil pointer as a broken rule, unless another rule
	// precedes the dive.
	for last > 0 && !canBreak(levels[last]) && (!pointed[last-1] || len(plan.Without(levels[last-1].Rules)) > 0) {
		last--
		levels[last].Deep, toStructs = false, false
	}
	l := &levels[last]
	switch {
	case last == 0 && !canBreak(*l):
		return "-"
	case toStructs && canBreak(*l) && len(plan.Without(l.Rules)) > 0:
		l.Rules = append(slices.Clone(l.Rules), plan.ReadRule("structonly"))
	case toStructs:
		// Without omitnil, nil would break structonly.
		l.Rules = []plan.Rule{plan.ReadRule("omitnil"), plan.ReadRule("structonly")}
	}
	return plan.StripRequired(levels[:last+1])
}

// canBreak reports whether a value can break one of the rules. The omit… rules only limit the
// rules after them, and the scan enforces required.
func canBreak(l plan.DepthRules) bool {
	return slices.ContainsFunc(append(slices.Clone(l.Keys), l.Rules...), func(rule plan.Rule) bool {
		switch rule.Text {
		case "required", "omitempty", "omitnil", "omitzero":
			return false
		}
		return true
	})
}

// skipsZero reports whether a zero value ends the rules. A pointer to zero is not empty.
func skipsZero(l plan.DepthRules, pointed bool) bool {
	return plan.HasRule(l.Rules, "omitzero") || plan.HasRule(l.Rules, "omitempty") && !pointed
}

// visitable reports whether the visitor visits values of type t: structs whose
// members the scan reads, and for which the validator checks no other value (plan.IsValuer).
func (c *compiler) visitable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != plan.TypeTime && plan.DecoderKind(t) == plan.KindInvalid && !plan.IsValuer(t)
}
