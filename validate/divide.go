package validate

import (
	"reflect"
	"slices"
)

// A division is what of the rules of a field the validator is asked together
// with the struct that has the field, and what is left for the walk.
type division struct {
	near     string
	far      []passage // behind the first dive, the second …
	in       bool      // there is a struct at the end that the walk goes to
	skipZero []bool    // by depth: nothing in what is there is looked at if it is zero
}

// A passage has the rules of what is in a list or a map that is so long that
// the validator is asked about each element on its own.
type passage struct{ elem, keys string }

// divide divides what is left of the rules of a field of type t.
func (c *compiler) divide(t reflect.Type, levels, left []level) division {
	whole := division{near: stripRequired(left)}
	if in, ok := optionalOf(t); ok {
		t = reflect.PointerTo(in)
	}
	pointed, skip, long, depth := make([]bool, len(left)), make([]bool, len(left)), 1, 0
	for ; ; depth++ {
		for t.Kind() == reflect.Pointer {
			t, pointed[depth] = t.Elem(), true
		}
		skip[depth] = skipsZero(left[depth], pointed[depth])
		if decoderKind(t) != kindInvalid || !left[depth].deep {
			break
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			long *= max(1, most(at(levels, depth), c.items))
		case reflect.Array:
			long *= max(1, t.Len())
		default:
			return whole // the dry run refuses it
		}
		long = min(long, maxNear+1) // or products overflow
		t = t.Elem()
	}
	d := division{in: c.walkable(t) && (depth > 0 || pointed[0]), skipZero: skip}
	if left[depth].deep || !d.in && holdsStruct(t) {
		return whole // only the validator looks into what decodes itself, or is behind an interface
	}
	end := left[depth]
	if d.in && !enters(end) {
		return whole
	}
	if long > maxNear && !slices.Contains(pointed[:depth], true) && (!d.in || !reports(end)) {
		for _, l := range left[1 : depth+1] {
			d.far = append(d.far, passage{elem: tagOf(l.rules), keys: tagOf(l.keys)})
		}
		if d.in { // asked about a struct, the validator goes into it, whatever the tag says
			d.far[depth-1].elem = ""
		}
		left, depth = []level{{rules: left[0].rules}}, 0
	}
	d.near = nearTag(slices.Clone(left[:depth+1]), pointed, d.in && depth == len(left)-1)
	return d
}

// nearTag returns the tag for the levels without what says nothing.
func nearTag(levels []level, pointed []bool, in bool) string {
	last := len(levels) - 1
	// Of a nil pointer dive is a rule as well, and broken, if none is before it.
	for last > 0 && !reports(levels[last]) && (!pointed[last-1] || len(without(levels[last-1].rules)) > 0) {
		last--
		levels[last].deep, in = false, false
	}
	l := &levels[last]
	switch {
	case last == 0 && !reports(*l):
		return "-"
	case in && reports(*l) && len(without(l.rules)) > 0:
		l.rules = append(slices.Clone(l.rules), readRule("structonly"))
	case in:
		l.rules = []tagRule{readRule("omitnil"), readRule("structonly")} // alone, structonly would be what nil breaks
	}
	return stripRequired(levels[:last+1])
}

func tagOf(rules []tagRule) string { return stripRequired([]level{{rules: rules}}) }

// reports reports whether the rules can be broken, and are not only about when
// others hold. Required is not among them: the scan enforces it.
func reports(l level) bool {
	return slices.ContainsFunc(append(slices.Clone(l.keys), l.rules...), func(rule tagRule) bool {
		switch rule.text {
		case "required", "omitempty", "omitnil", "omitzero":
			return false
		}
		return true
	})
}

// skipsZero reports whether the rules let go what is zero. What a pointer leads
// to is not empty.
func skipsZero(l level, pointed bool) bool {
	return has(l.rules, "omitzero") || has(l.rules, "omitempty") && !pointed
}

// enters reports whether the rules of a struct leave those inside it in force.
func enters(l level) bool {
	return !has(l.rules, "structonly", "nostructlevel")
}

// walkable reports whether the walk goes to values of type t: structs that were
// scanned and whose rules are for what they are.
func (c *compiler) walkable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != typeTime && decoderKind(t) == kindInvalid && !isValuer(t)
}
