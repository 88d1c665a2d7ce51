package validate

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A level is the part of a validate tag that holds for one depth: the field
// itself, and behind each dive what is in it.
type level struct {
	rules []string
	keys  []string // between keys and endkeys
	deep  bool     // dive follows
	late  bool     // the value is changed before the rules are looked at
}

func parseTag(tag string) []level {
	if tag == "" || tag == "-" {
		return []level{{}}
	}
	levels := []level{{}}
	inKeys := false
	for rule := range strings.SplitSeq(tag, ",") {
		l := &levels[len(levels)-1]
		switch {
		case rule == "dive":
			l.deep = true
			levels = append(levels, level{})
		case rule == "keys":
			inKeys = true
		case rule == "endkeys":
			inKeys = false
		case inKeys:
			l.keys = append(l.keys, rule)
		default:
			l.rules = append(l.rules, rule)
		}
	}
	return levels
}

// stripRequired returns the tag without the rule required, which the scan
// enforces. The validator means something else by it, a value that is not
// zero, and so could not tell an absent number from the number 0.
func stripRequired(levels []level) string {
	var out []string
	for _, l := range levels {
		if keys := without(l.keys); len(keys) > 0 {
			out = append(append(append(out, "keys"), keys...), "endkeys")
		}
		out = append(out, without(l.rules)...)
		if l.deep {
			out = append(out, "dive")
		}
	}
	return strings.Join(out, ",")
}

func without(rules []string) []string {
	return slices.DeleteFunc(slices.Clone(rules), func(r string) bool { return r == "required" })
}

func at(levels []level, depth int) level {
	if depth < len(levels) {
		return levels[depth]
	}
	return level{}
}

func (l level) required() bool { return slices.Contains(l.rules, "required") }

// most returns the most elements, members or characters that the rules admit,
// or standard if none of them says so.
func (l level) most(standard int) int {
	for _, rule := range l.rules {
		name, param, _ := strings.Cut(rule, "=")
		v, err := strconv.ParseInt(param, 0, 64)
		if err != nil || v < 0 || v > math.MaxInt32 {
			continue
		}
		switch name {
		case "max", "lte", "len", "eq":
			return int(v)
		case "lt":
			return int(max(v-1, 0))
		}
	}
	return standard
}

// A probe is one rule of a tag, as a tag of its own.
type probe struct {
	tag, rule string
	depth     int  // how many dives are before it
	key       bool // it is for the keys of a map
	rules     []string
	nth       int // of these rules, it is or is part of
}

// probes takes a tag apart: behind a rule that fails, or beside one that holds,
// a faulty one would not be found.
func probes(levels []level) []probe {
	var list []probe
	prefix := ""
	for depth, l := range levels {
		single := func(rules []string, before, after string, key bool) {
			for i, rule := range rules {
				for alternative := range strings.SplitSeq(rule, "|") {
					list = append(list, probe{before + alternative + after, alternative, depth, key, rules, i})
				}
			}
		}
		single(l.keys, prefix+"keys,", ",endkeys", true)
		single(l.rules, prefix, "", false)
		if l.deep {
			prefix += "dive,"
			list = append(list, probe{tag: strings.TrimSuffix(prefix, ","), rule: "dive", depth: depth})
		}
	}
	return list
}

// target returns the type that the rule is for, or nil if only a value has one.
func (p probe) target(t reflect.Type) reflect.Type {
	for depth := 0; ; depth++ {
		t = bare(t)
		switch {
		case t.Kind() == reflect.Interface:
			return nil
		case depth == p.depth && !p.key:
			return t
		}
		switch t.Kind() {
		case reflect.Map:
			if p.key && depth == p.depth-1 {
				return t.Key()
			}
			t = t.Elem()
		case reflect.Slice, reflect.Array:
			t = t.Elem()
		default:
			return nil
		}
	}
}

// maybeNil reports whether what the rule is for may be nothing: it is behind a
// pointer, in an Optional, or any.
func (p probe) maybeNil(t reflect.Type) bool {
	if p.key {
		return false
	}
	for ; ; p.depth-- {
		in, optional := optionalOf(t)
		switch {
		case p.depth == 0:
			return optional || mayBeNil(t)
		case optional:
			t = in
		}
		switch t = behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return false
		}
	}
}
