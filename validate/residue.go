package validate

import (
	"reflect"
	"slices"
	"strconv"
)

// A length is a max of text, which the scan checks on its way.
type length struct {
	most  int // characters
	fault fault
}

// lengthOf returns that of the rules, nil if there is none.
func lengthOf(l level) *length {
	i := hoisted(l)
	if i < 0 {
		return nil
	}
	_, most, _ := counts(l.rules[i])
	return &length{most, describe("max", l.rules[i].param, reflect.String, nil)}
}

// tooLong returns the fault of text that has more bytes than the limit, which
// is never less than the most characters take. That these are too many as well
// is what helps the client.
func (l *length) tooLong(maxBytes int) fault {
	if l == nil {
		return faultMaxBytes.with("max_bytes", maxBytes)
	}
	return l.fault
}

// hoisted returns the index of the max rule that the scan has checked before
// the validator could, or -1. Only the first bound is hoisted, and none that
// may not apply.
func hoisted(l level) int {
	if l.late {
		return -1
	}
	for i, rule := range l.rules {
		switch b := table[rule.name].bound; {
		case rule.name == "skip_unless", b == lessThan, b == exactly:
			return -1
		case b == atMost:
			if _, err := strconv.ParseUint(rule.param, 10, 31); err != nil || len(rule.param) > 1 && rule.param[0] == '0' { // octal
				return -1
			}
			return i
		}
	}
	return -1
}

// residue returns what is left of the rules of a field for the validator to do,
// once the scan has done its part: not a max of text, lists and maps.
func (c *compiler) residue(t reflect.Type, levels []level) []level {
	if _, ok := optionalOf(t); ok {
		return omitNothing(t, levels) // behind it no rule is hoisted
	}
	left := omitNothing(t, levels)
	for i := range left {
		// What is in a type that decodes itself has no plan.
		if decoderKind(behind(t)) != kindInvalid {
			break
		}
		// Of a nil pointer each rule is broken, max too.
		if k := hoistable(t); k == reflect.Slice || k == reflect.Map || k == reflect.String {
			l := &left[i]
			if at := hoisted(*l); at >= 0 && !c.guards(l.rules[at+1:]) {
				l.rules = slices.Delete(slices.Clone(l.rules), at, at+1)
			}
		}
		switch t = behind(t); t.Kind() {
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
func (c *compiler) guards(rules []tagRule) bool {
	return slices.ContainsFunc(rules, func(rule tagRule) bool {
		return slices.ContainsFunc(rule.alternatives, func(r tagRule) bool { return c.own[r.name] != nil })
	})
}

// hoistable returns the kind of t if the scan counts what it has.
func hoistable(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return reflect.Invalid // base64
	}
	return t.Kind()
}
