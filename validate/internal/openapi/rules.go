package openapi

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// rules adds what the rules of a slot say. Whatever is not certain to hold for
// each value that is accepted is left out. What holds only for what the mods
// leave of a text is for people to read.
func (x *exporter) rules(k keywords, s spec) {
	if s.mods == "" || s.Node.Kind != plan.KindString {
		x.certain(k, s)
		return
	}
	left := keywords{}
	x.certain(left, s)
	if least, ok := left["minLength"]; ok { // trimmed, a text is not longer
		k["minLength"] = least
		delete(left, "minLength")
	}
	if len(left) > 0 {
		k["description"] = "After " + strings.ReplaceAll(s.mods, ",", ", ") + ": " + string(encoded(left))
	}
}

func (x *exporter) certain(k keywords, s spec) {
	omitted := false // the zero value does not meet the rules that follow
	exempt := keywords{}
	for _, rule := range s.here().Rules {
		switch name := rule.Name; {
		case name == "omitempty" && !s.Pointer || name == "omitzero":
			omitted = true
			continue
		case len(rule.Alternatives) > 1:
			continue
		}
		literal := rule
		literal.Param = strings.NewReplacer("0x2C", ",", "0x7C", "|").Replace(rule.Param)
		more := x.keywords(s, literal)
		switch {
		case len(more) == 0:
		case omitted && s.Node.Kind == plan.KindText: // what its zero value looks like is its own affair
		case omitted && x.breaks(reflect.Zero(plan.Behind(s.typ)), rule.Text):
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

// keywords returns those of one rule.
func (x *exporter) keywords(s spec, r plan.Rule) keywords {
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
		// A type that has a name may decode itself, and two pointers are never the same.
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

// sizeKeywords returns those of a rule about a number of characters, items or
// members; of maps it to what is counted in JSON.
func sizeKeywords(r plan.Rule, least, most string, of func(int) int) keywords {
	low, high, ok := rule.Counts(r)
	if !ok || r.Name == "eq" && least == "minLength" { // of text, eq names a value
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
