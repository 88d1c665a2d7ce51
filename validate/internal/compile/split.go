package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A tagSplit has the two parts of the rules of a field: the validator runs one part together
// with the struct of the field, and the visitor runs the other part for each element.
type tagSplit struct {
	validatorTag string
	elementRules []plan.ElementRules // behind the first dive, the second …
	in           bool                // the innermost elements are structs, which the visitor visits
	skipZero     []bool              // by depth: a zero value is not visited
}

// split splits left, the rules of a field of type t that remain for the validator.
func (c *compiler) split(t reflect.Type, levels, left []plan.DepthRules) tagSplit {
	whole := tagSplit{validatorTag: plan.StripRequired(left)}
	if in, ok := plan.OptionalOf(t); ok {
		t = reflect.PointerTo(in)
	}
	pointed, skip, long, depth := make([]bool, len(left)), make([]bool, len(left)), 1, 0
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
			long *= max(1, rule.MostOf(plan.AtDepth(levels, depth), c.Items))
		case reflect.Array:
			long *= max(1, t.Len())
		default:
			return whole // the dry run refuses a dive here
		}
		long = min(long, plan.MaxNear+1) // so that the product cannot overflow
		t = t.Elem()
	}
	d := tagSplit{in: c.visitable(t) && (depth > 0 || pointed[0]), skipZero: skip}
	if left[depth].Deep || !d.in && plan.HoldsStruct(t) {
		return whole // the visitor has no plan for a type that decodes itself, or for an interface
	}
	if long > plan.MaxNear && !slices.Contains(pointed[:depth], true) && (!d.in || !reports(left[depth])) {
		d.elementRules = elementRules(left[1:depth+1], d.in)
		left, depth = []plan.DepthRules{{Rules: left[0].Rules}}, 0
	}
	d.validatorTag = nearTag(slices.Clone(left[:depth+1]), pointed, d.in && depth == len(left)-1)
	return d
}

// elementRules returns the rules for the elements of a list or map, by depth. in tells that
// the innermost elements are structs, which the visitor visits.
func elementRules(levels []plan.DepthRules, in bool) []plan.ElementRules {
	list := make([]plan.ElementRules, len(levels))
	for i, l := range levels {
		list[i] = plan.ElementRules{Elem: plan.TagOf(l.Rules), Keys: plan.TagOf(l.Keys)}
	}
	if in { // the validator would run the rules of the struct as well, whatever the tag says
		list[len(list)-1].Elem = ""
	}
	return list
}

// nearTag returns the tag of the levels without a dive that leads to no rule.
func nearTag(levels []plan.DepthRules, pointed []bool, in bool) string {
	last := len(levels) - 1
	// For a nil pointer a dive is itself a rule, which is broken if no rule precedes it.
	for last > 0 && !reports(levels[last]) && (!pointed[last-1] || len(plan.Without(levels[last-1].Rules)) > 0) {
		last--
		levels[last].Deep, in = false, false
	}
	l := &levels[last]
	switch {
	case last == 0 && !reports(*l):
		return "-"
	case in && reports(*l) && len(plan.Without(l.Rules)) > 0:
		l.Rules = append(slices.Clone(l.Rules), plan.ReadRule("structonly"))
	case in:
		l.Rules = []plan.Rule{plan.ReadRule("omitnil"), plan.ReadRule("structonly")} // nil breaks structonly alone
	}
	return plan.StripRequired(levels[:last+1])
}

// reports tells whether a value can break one of the rules. The omit… rules only limit the
// rules after them, and the scan enforces required.
func reports(l plan.DepthRules) bool {
	return slices.ContainsFunc(append(slices.Clone(l.Keys), l.Rules...), func(rule plan.Rule) bool {
		switch rule.Text {
		case "required", "omitempty", "omitnil", "omitzero":
			return false
		}
		return true
	})
}

// skipsZero reports whether the rules end at a zero value. A pointer to zero is not empty.
func skipsZero(l plan.DepthRules, pointed bool) bool {
	return plan.HasRule(l.Rules, "omitzero") || plan.HasRule(l.Rules, "omitempty") && !pointed
}

// visitable reports whether the visitor visits values of type t: structs that were scanned,
// and that do not give the validator another value in their place.
func (c *compiler) visitable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != plan.TypeTime && plan.DecoderKind(t) == plan.KindInvalid && !plan.IsValuer(t)
}
