package validate

import (
	"reflect"
	"slices"
	"strings"
)

// A tagRule is one rule of a validate tag: max=5, or email|uuid.
type tagRule struct {
	text         string
	name, param  string    // before and behind the first "="
	alternatives []tagRule // the rules between each "|"; the rule itself if there is none
}

func readRule(text string) tagRule {
	r := tagRule{text: text}
	r.name, r.param, _ = strings.Cut(text, "=")
	if !strings.Contains(text, "|") {
		r.alternatives = []tagRule{r}
		return r
	}
	for alternative := range strings.SplitSeq(text, "|") {
		r.alternatives = append(r.alternatives, readRule(alternative))
	}
	return r
}

// A level is the part of a validate tag that holds for one depth: the field
// itself, and behind each dive what is in it.
type level struct {
	rules []tagRule
	keys  []tagRule // between keys and endkeys
	deep  bool      // dive follows
	late  bool      // the value is changed before the rules are looked at
}

// parseTag takes a validate tag apart. There is one level at least.
func parseTag(tag string) []level {
	levels := []level{{}}
	if tag == "" || tag == "-" {
		return levels
	}
	inKeys := false
	for text := range strings.SplitSeq(tag, ",") {
		l := &levels[len(levels)-1]
		switch {
		case text == "dive":
			l.deep = true
			levels = append(levels, level{})
		case text == "keys":
			inKeys = true
		case text == "endkeys":
			inKeys = false
		case inKeys:
			l.keys = append(l.keys, readRule(text))
		default:
			l.rules = append(l.rules, readRule(text))
		}
	}
	return levels
}

// A fieldRules is the validate tag of a field, taken apart.
type fieldRules struct {
	tag    string
	levels []level
}

// off reports whether nothing is to be looked at.
func (r *fieldRules) off() bool { return r.tag == "-" }

// A structRules has the validate tags of a struct.
type structRules struct {
	typ     reflect.Type
	fields  map[string]*fieldRules
	scanned bool // the struct has a plan; else it is in a type that decodes itself
}

func readStruct(t reflect.Type) *structRules {
	s := &structRules{typ: t, fields: make(map[string]*fieldRules, t.NumField())}
	for f := range t.Fields() {
		tag := f.Tag.Get("validate")
		s.fields[f.Name] = &fieldRules{tag: tag, levels: parseTag(tag)}
	}
	return s
}

// stripRequired returns the tag without the rule required, which the scan
// enforces. The validator means something else by it, a value that is not
// zero, and so could not tell an absent number from the number 0.
func stripRequired(levels []level) string {
	var out []string
	add := func(rules []tagRule) {
		for _, r := range without(rules) {
			out = append(out, r.text)
		}
	}
	for _, l := range levels {
		if len(without(l.keys)) > 0 {
			out = append(out, "keys")
			add(l.keys)
			out = append(out, "endkeys")
		}
		add(l.rules)
		if l.deep {
			out = append(out, "dive")
		}
	}
	return strings.Join(out, ",")
}

func without(rules []tagRule) []tagRule {
	return slices.DeleteFunc(slices.Clone(rules), func(r tagRule) bool { return r.text == "required" })
}

// has reports whether one of the rules is exactly one of the texts.
func has(rules []tagRule, texts ...string) bool {
	return slices.ContainsFunc(rules, func(r tagRule) bool { return slices.Contains(texts, r.text) })
}

func at(levels []level, depth int) level {
	if depth < len(levels) {
		return levels[depth]
	}
	return level{}
}

func (l level) required() bool { return has(l.rules, "required") }

// A probe is one rule of a tag, as a tag of its own.
type probe struct {
	tagRule
	tag   string
	depth int  // how many dives are before it
	key   bool // it is for the keys of a map
	rules []tagRule
	nth   int // of these rules, it is or is part of
}

// probes takes a tag apart: behind a rule that fails, or beside one that holds,
// a faulty one would not be found.
func probes(levels []level) []probe {
	var list []probe
	prefix := ""
	for depth, l := range levels {
		single := func(rules []tagRule, before, after string, key bool) {
			for i, rule := range rules {
				for _, alternative := range rule.alternatives {
					list = append(list, probe{alternative, before + alternative.text + after, depth, key, rules, i})
				}
			}
		}
		single(l.keys, prefix+"keys,", ",endkeys", true)
		single(l.rules, prefix, "", false)
		if l.deep {
			prefix += "dive,"
			list = append(list, probe{tagRule: readRule("dive"), tag: strings.TrimSuffix(prefix, ","), depth: depth})
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
