package validate

import "reflect"

// mustBeSent reports whether a body without the member is refused: its zero
// value breaks a rule.
func (x *exporter) mustBeSent(s spec) bool {
	switch {
	case !s.ruled, s.optional:
		return false
	case s.typ.Kind() == reflect.Pointer || s.typ.Kind() == reflect.Interface:
		return x.refusesNil(s)
	case s.node.kind == kindObject:
		return runsInside(s.here(), false) && x.anyMustBeSent(s.node, s.node.typ, s.node.fields)
	case s.typ.Kind() == reflect.Struct && s.typ != typeTime:
		return false // decodes itself, and what it has inside nothing here knows
	case x.breaks(reflect.Zero(s.typ), tagOf(selfContained(s.here()))):
		return true
	}
	return s.node.kind == kindTuple && s.node.length > 0 && s.here().deep && x.mustBeSent(s.elem())
}

func (x *exporter) anyMustBeSent(n *node, t reflect.Type, fields map[string]goField) bool {
	for f := range t.Fields() {
		to, ok := fields[f.Name]
		if _, has := f.Tag.Lookup("default"); !ok || has || to.rules.off() {
			continue
		}
		levels := to.rules.levels
		if to.embedded != nil {
			if runsInside(at(levels, 0), false) && x.anyMustBeSent(n, f.Type, to.embedded) {
				return true
			}
		} else if x.mustBeSent(ofField(&n.members[to.member].slot, f, levels, true)) {
			return true
		}
	}
	return false
}

// refusesNil reports whether null, or absence, breaks a rule of a pointer.
func (x *exporter) refusesNil(s spec) bool {
	if !s.ruled || s.optional || s.typ.Kind() != reflect.Pointer && s.typ.Kind() != reflect.Interface {
		return false
	}
	rules := selfContained(s.here())
	if s.here().deep && len(rules) == len(without(s.here().rules)) {
		rules = append(rules, readRule("dive"))
	}
	return x.breaks(reflect.Zero(s.typ), tagOf(rules))
}

// breaks reports whether a value is certain to break one of the rules.
func (x *exporter) breaks(v reflect.Value, tag string) (broken bool) {
	if tag == "" {
		return false
	}
	defer func() {
		if recover() != nil {
			broken = false
		}
	}()
	return x.validator.Var(v.Interface(), tag) != nil
}

// selfContained returns the rules, without required, before the first one that looks at
// other fields.
func selfContained(l level) []tagRule {
	rules := without(l.rules)
	for i, rule := range rules {
		for _, alternative := range rule.alternatives {
			if table[alternative.name].fields != noField {
				return rules[:i]
			}
		}
	}
	return rules
}

// runsInside reports whether the rules of a struct are certain to be run where
// its field has these.
func runsInside(l level, pointer bool) bool {
	for _, rule := range l.rules {
		switch {
		case rule.text == "required", rule.text == "omitnil", rule.text == "omitempty" && pointer:
		default:
			return false
		}
	}
	return !l.deep
}
