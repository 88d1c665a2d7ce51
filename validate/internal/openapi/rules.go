package openapi

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// addRules adds the keywords that hold for each value that the rules of a slot accept. If
// the mods change a text first, the keywords hold only for the changed text, so they go
// into a description for people to read.
func (x *Exporter) addRules(k keywords, s spec) {
	if s.mods == "" || s.Node.Kind != plan.KindString {
		x.addKeywords(k, s)
		return
	}
	after := keywords{}
	x.addKeywords(after, s)
	if least, ok := after["minLength"]; ok { // trimming does not make a text longer
		k["minLength"] = least
		delete(after, "minLength")
	}
	if len(after) > 0 {
		k["description"] = "After " + strings.ReplaceAll(s.mods, ",", ", ") + ": " + string(encoded(after))
	}
}

// addKeywords adds the keywords of the rules of a slot.
func (x *Exporter) addKeywords(k keywords, s spec) {
	omitted := false     // the rules that follow do not run on the zero value
	exempt := keywords{} // of rules that the zero value would break
	for _, r := range s.valueRules().Rules {
		switch name := r.Name; {
		case name == "omitempty" && !s.Pointer || name == "omitzero":
			omitted = true
			continue
		case len(r.Alternatives) > 1:
			continue
		}
		literal := r
		literal.Param = rule.Literal(r.Param)
		more := x.keywordsOf(s, literal)
		switch {
		case len(more) == 0:
		case omitted && s.Node.Kind == plan.KindText: // the text of the zero value is not known
		case omitted && x.breaks(reflect.Zero(plan.Behind(s.typ)), r.Text):
			exempt.put(more)
		default:
			k.put(more)
		}
	}
	if len(exempt) == 0 {
		return
	}
	zero := keywords{"const": reflect.Zero(plan.Behind(s.typ)).Interface()}
	switch s.Node.Kind {
	case plan.KindList:
		zero = keywords{"maxItems": 0}
	case plan.KindMap:
		zero = keywords{"maxProperties": 0}
	case plan.KindBytes:
		zero = keywords{"const": ""}
	}
	k.put(keywords{"anyOf": []any{zero, exempt}})
}

// keywordsOf returns the keywords of one rule.
func (x *Exporter) keywordsOf(s spec, r plan.Rule) keywords {
	name, param := r.Name, r.Param
	switch s.Node.Kind {
	case plan.KindString:
		if k := x.textKeywords(name, param); k != nil {
			return k
		}
		return sizeKeywords(r, "minLength", "maxLength", func(n int) int { return n })
	case plan.KindText:
		if row := rule.Table[name]; row.Keyword == "format" {
			return keywords{"format": row.Value}
		}
	case plan.KindBytes:
		return sizeKeywords(r, "minLength", "maxLength", func(n int) int { return (n + 2) / 3 * 4 })
	case plan.KindList:
		// A type with a name may decode itself, and two pointers are never equal.
		elem := plan.Behind(s.typ).Elem()
		if kind, _ := plan.Basic(elem); r.Text == "unique" && kind != plan.KindInvalid && elem.PkgPath() == "" {
			return keywords{"uniqueItems": true}
		}
		return sizeKeywords(r, "minItems", "maxItems", func(n int) int { return n })
	case plan.KindMap:
		return sizeKeywords(r, "minProperties", "maxProperties", func(n int) int { return n })
	case plan.KindInt, plan.KindUint, plan.KindFloat:
		return numberKeywords(s, r)
	}
	return nil
}

// sizeKeywords returns the keywords of a rule about a count of characters, items or
// members. The function of converts the count to the count in JSON.
func sizeKeywords(r plan.Rule, least, most string, of func(int) int) keywords {
	low, high, ok := rule.Counts(r)
	if !ok || r.Name == "eq" && least == "minLength" { // eq compares a text with a value
		return nil
	}
	k := keywords{}
	if high >= 0 {
		k[most] = of(high)
	}
	if high < 0 || rule.Table[r.Name].Bound == rule.Exactly {
		k[least] = of(low)
	}
	return k
}

// numberKeywords returns the keywords of a rule about a number.
func numberKeywords(s spec, r plan.Rule) keywords {
	if r.Name == "oneof" && s.Node.Kind != plan.KindFloat {
		return keywords{"enum": rule.Allowed(plan.Behind(s.typ), r.Param)}
	}
	n, ok := rule.JsonNumber(plan.Behind(s.typ), r.Param)
	if !ok {
		return nil
	}
	switch row := rule.Table[r.Name]; row.Bound {
	case rule.NoBound:
		return nil
	case rule.OtherThan:
		return keywords{"not": keywords{"const": n}}
	default:
		return keywords{row.Keyword: n}
	}
}
