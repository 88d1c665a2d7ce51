package openapi

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// mustBeSent reports whether a body without the member is refused because the
// zero value of the member breaks a rule.
func (x *Exporter) mustBeSent(s spec) bool {
	switch {
	case !s.ruled, s.optional:
		return false
	case plan.MayBeNil(s.typ):
		return x.refusesNil(s)
	case s.Node.Kind == plan.KindObject:
		return runsInside(s.valueRules(), false) && x.anyMustBeSent(s.Node, s.Node.Typ, s.Node.Fields)
	case s.typ.Kind() == reflect.Struct && s.typ != plan.TypeTime:
		return false // the type decodes itself, so its contents are not known
	case x.breaks(reflect.Zero(s.typ), plan.TagOf(selfContained(s.valueRules()))):
		return true
	}
	return s.Node.Kind == plan.KindTuple && s.Node.Length > 0 && s.valueRules().Deep && x.mustBeSent(s.elem())
}

// anyMustBeSent reports whether the zero value of one of the fields breaks a rule.
func (x *Exporter) anyMustBeSent(n *plan.Node, t reflect.Type, fields map[string]plan.GoField) bool {
	for f := range t.Fields() {
		compiled, ok := fields[f.Name]
		_, preset := f.Tag.Lookup("default")
		must := false
		switch {
		case !ok, preset, compiled.Rules.Off():
		case compiled.Embedded != nil:
			must = runsInside(plan.AtDepth(compiled.Rules.Levels, 0), false) && x.anyMustBeSent(n, f.Type, compiled.Embedded)
		default:
			must = x.mustBeSent(specOf(&n.Members[compiled.Member].Slot, f, compiled.Rules.Levels, true))
		}
		if must {
			return true
		}
	}
	return false
}

// refusesNil reports whether null, or absence, breaks a rule of a pointer, a list or a map.
func (x *Exporter) refusesNil(s spec) bool {
	level := s.valueRules()
	k := s.typ.Kind()
	nilable := plan.MayBeNil(s.typ) || k == reflect.Slice || k == reflect.Map
	// Beside a presence rule, the validator runs the tag with omitnil in front.
	if s.optional || !nilable || slices.ContainsFunc(level.Rules, rule.AboutPresence) {
		return false
	}
	rules := selfContained(level)
	if level.Deep && len(rules) == len(plan.Without(level.Rules)) {
		rules = append(rules, plan.ReadRule("dive"))
	}
	return x.breaks(reflect.Zero(s.typ), plan.TagOf(rules))
}

// breaks reports whether a value is certain to break one of the rules.
func (x *Exporter) breaks(v reflect.Value, tag string) (broken bool) {
	if tag == "" {
		return false
	}
	defer func() {
		if recover() != nil {
			broken = false
		}
	}()
	return x.Validator.Var(v.Interface(), tag) != nil
}

// selfContained returns the rules, without required, before the first rule that looks at
// other fields.
func selfContained(l plan.DepthRules) []plan.Rule {
	rules := plan.Without(l.Rules)
	for i, r := range rules {
		for _, alternative := range r.Alternatives {
			if rule.Table[alternative.Name].Fields != rule.NoField {
				return rules[:i]
			}
		}
	}
	return rules
}

// runsInside reports whether the rules inside a struct are certain to run if its field has
// the rules l.
func runsInside(l plan.DepthRules, pointer bool) bool {
	return !l.Deep && !slices.ContainsFunc(l.Rules, func(r plan.Rule) bool {
		return r.Text != "required" && r.Text != "omitnil" && (r.Text != "omitempty" || !pointer)
	})
}
