package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A tagSplit has two parts of the rules of a field: those that the validator is asked
// about together with the struct that has the field, and those that the visitor runs.
type tagSplit struct {
	validatorTag string
	elementRules []plan.ElementRules // behind the first dive, the second …
	in           bool                // there is a struct at the end that the visitor goes to
	skipZero     []bool              // by depth: nothing in what is there is looked at if it is zero
}

// split splits what is left of the rules of a field of type t.
func (c *compiler) split(t reflect.Type, levels, left []plan.DepthRules) tagSplit {
	whole := tagSplit{validatorTag: plan.StripRequired(left)}
	if in, ok := plan.OptionalOf(t); ok {
		t = reflect.PointerTo(in)
	}
	pointed, skip, long, depth := make([]bool, len(left)), make([]bool, len(left)), 1, 0
	for ; ; depth++ { // to the end of lists and maps
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
			return whole // the dry run refuses it
		}
		long = min(long, plan.MaxNear+1) // or products overflow
		t = t.Elem()
	}
	d := tagSplit{in: c.visitable(t) && (depth > 0 || pointed[0]), skipZero: skip}
	if left[depth].Deep || !d.in && plan.HoldsStruct(t) {
		return whole // only the validator looks into what decodes itself, or is behind an interface
	}
	if long > plan.MaxNear && !slices.Contains(pointed[:depth], true) && (!d.in || !reports(left[depth])) {
		d.elementRules = elementRules(left[1:depth+1], d.in)
		left, depth = []plan.DepthRules{{Rules: left[0].Rules}}, 0
	}
	d.validatorTag = nearTag(slices.Clone(left[:depth+1]), pointed, d.in && depth == len(left)-1)
	return d
}

// elementRules returns the rules for what is in a list or map, and in the lists and maps
// there. in tells that structs are at the end, with a visit of their own.
func elementRules(levels []plan.DepthRules, in bool) []plan.ElementRules {
	list := make([]plan.ElementRules, len(levels))
	for i, l := range levels {
		list[i] = plan.ElementRules{Elem: plan.TagOf(l.Rules), Keys: plan.TagOf(l.Keys)}
	}
	if in { // asked about a struct, the validator goes into it, whatever the tag says
		list[len(list)-1].Elem = ""
	}
	return list
}

// nearTag returns the tag for the levels without what says nothing.
func nearTag(levels []plan.DepthRules, pointed []bool, in bool) string {
	last := len(levels) - 1
	// Of a nil pointer dive is a rule as well, and broken, if none is before it.
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
		l.Rules = []plan.Rule{plan.ReadRule("omitnil"), plan.ReadRule("structonly")} // alone, structonly would be what nil breaks
	}
	return plan.StripRequired(levels[:last+1])
}

// reports reports whether the rules can be broken, and are not only about when
// others hold. Required is not among them: the scan enforces it.
func reports(l plan.DepthRules) bool {
	return slices.ContainsFunc(append(slices.Clone(l.Keys), l.Rules...), func(rule plan.Rule) bool {
		switch rule.Text {
		case "required", "omitempty", "omitnil", "omitzero":
			return false
		}
		return true
	})
}

// skipsZero reports whether the rules let go what is zero. What a pointer leads
// to is not empty.
func skipsZero(l plan.DepthRules, pointed bool) bool {
	return plan.HasRule(l.Rules, "omitzero") || plan.HasRule(l.Rules, "omitempty") && !pointed
}

// visitable reports whether the visitor goes to values of type t: structs that were
// scanned and whose rules are for what they are.
func (c *compiler) visitable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != plan.TypeTime && plan.DecoderKind(t) == plan.KindInvalid && !plan.IsValuer(t)
}
