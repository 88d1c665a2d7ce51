package validate

import (
	"reflect"
	"strings"
)

// rules adds what the rules of a slot say. Whatever is not certain to hold for
// each value that is accepted is left out. What holds only for what the mods
// leave of a text is for people to read.
func (x *exporter) rules(k keywords, s spec) {
	if s.mods == "" || s.node.kind != kindString {
		x.certain(k, s)
		return
	}
	left, mods := keywords{}, s.mods
	s.mods = ""
	x.certain(left, s)
	if least, ok := left["minLength"]; ok { // trimmed, a text is not longer
		k["minLength"] = least
		delete(left, "minLength")
	}
	if said, err := encoded(left); len(left) > 0 && err == nil {
		k["description"] = "After " + strings.ReplaceAll(mods, ",", ", ") + ": " + string(said)
	}
}

func (x *exporter) certain(k keywords, s spec) {
	omitted := false // the zero value does not meet the rules that follow
	exempt := keywords{}
	for _, rule := range s.here().rules {
		switch name := rule.name; {
		case name == "skip_unless":
			return
		case name == "omitempty" && !s.pointer || name == "omitzero":
			omitted = true
			continue
		case len(rule.alternatives) > 1:
			continue
		}
		literal := rule
		literal.param = strings.NewReplacer("0x2C", ",", "0x7C", "|").Replace(rule.param)
		more := x.keywords(s, literal)
		switch {
		case len(more) == 0:
		case !omitted:
			k.put(more)
		case s.node.kind == kindText: // what its zero value looks like is its own affair
		case !x.breaks(reflect.Zero(behind(s.typ)), rule.text):
			k.put(more)
		default:
			exempt.put(more)
		}
	}
	if len(exempt) == 0 {
		return
	}
	zero := keywords{}
	switch s.node.kind {
	case kindList:
		zero["maxItems"] = 0
	case kindMap:
		zero["maxProperties"] = 0
	case kindBytes:
		zero["const"] = ""
	default:
		zero["const"] = reflect.Zero(behind(s.typ)).Interface()
	}
	k.put(keywords{"anyOf": []any{zero, exempt}})
}

// keywords returns those of one rule.
func (x *exporter) keywords(s spec, r tagRule) keywords {
	name, param := r.name, r.param
	switch s.node.kind {
	case kindString:
		if k := x.textKeywords(name, param); k != nil {
			return k
		}
		return sizeKeywords(r, "minLength", "maxLength", func(n int) int { return n })
	case kindText:
		if row := table[name]; row.keyword == "format" {
			return keywords{"format": row.value}
		}
	case kindBytes:
		return sizeKeywords(r, "minLength", "maxLength", func(n int) int { return (n + 2) / 3 * 4 })
	case kindList:
		if name == "unique" && param == "" && sameInJSON(behind(s.typ).Elem()) {
			return keywords{"uniqueItems": true}
		}
		return sizeKeywords(r, "minItems", "maxItems", func(n int) int { return n })
	case kindMap:
		return sizeKeywords(r, "minProperties", "maxProperties", func(n int) int { return n })
	case kindInt, kindUint, kindFloat:
		return numberKeywords(s, r)
	}
	return nil
}

// sameInJSON reports whether Go and JSON agree on when two values of type t are the
// same. Two pointers are not, whatever is behind them.
func sameInJSON(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64:
		return t.PkgPath() == "" // a type that has a name may decode itself
	}
	return false
}

// sizeKeywords returns those of a rule about a number of characters, items or
// members; of maps it to what is counted in JSON.
func sizeKeywords(r tagRule, least, most string, of func(int) int) keywords {
	low, high, ok := counts(r)
	if !ok || r.name == "eq" && least == "minLength" { // of text, eq names a value
		return nil
	}
	k := keywords{}
	if high >= 0 {
		k[most] = of(high)
	}
	if high < 0 || table[r.name].bound == exactly {
		k[least] = of(low)
	}
	return k
}

func numberKeywords(s spec, r tagRule) keywords {
	if r.name == "oneof" && s.node.kind != kindFloat {
		return keywords{"enum": allowed(behind(s.typ), r.param)}
	}
	n, ok := jsonNumber(behind(s.typ), r.param)
	if !ok {
		return nil
	}
	switch row := table[r.name]; row.bound {
	case noBound:
		return nil
	case otherThan:
		return keywords{"not": keywords{"const": n}}
	default:
		return keywords{row.keyword: n}
	}
}
