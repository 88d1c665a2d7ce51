package plan

import (
	"reflect"
	"slices"
	"strings"
)

// A Rule is one rule of a validate tag: max=5, or email|uuid.
type Rule struct {
	Text         string
	Name, Param  string // before and behind the first "="
	Alternatives []Rule // the rules between each "|"; the rule itself if there is none
}

func ReadRule(text string) Rule {
	r := Rule{Text: text}
	r.Name, r.Param, _ = strings.Cut(text, "=")
	if !strings.Contains(text, "|") {
		r.Alternatives = []Rule{r}
		return r
	}
	for alternative := range strings.SplitSeq(text, "|") {
		r.Alternatives = append(r.Alternatives, ReadRule(alternative))
	}
	return r
}

// A DepthRules is the part of a validate tag that holds for one depth: the field
// itself, and behind each dive what is in it.
type DepthRules struct {
	Rules []Rule
	Keys  []Rule // between keys and endkeys
	Deep  bool   // dive follows
	Late  bool   // the value is changed before the rules are looked at
}

// ParseTag takes a validate tag apart. There is one level at least.
func ParseTag(tag string) []DepthRules {
	levels := []DepthRules{{}}
	if tag == "" || tag == "-" {
		return levels
	}
	inKeys := false
	for text := range strings.SplitSeq(tag, ",") {
		l := &levels[len(levels)-1]
		switch {
		case text == "dive":
			l.Deep = true
			levels = append(levels, DepthRules{})
		case text == "keys":
			inKeys = true
		case text == "endkeys":
			inKeys = false
		case inKeys:
			l.Keys = append(l.Keys, ReadRule(text))
		default:
			l.Rules = append(l.Rules, ReadRule(text))
		}
	}
	return levels
}

// A FieldRules is the validate tag of a field, taken apart.
type FieldRules struct {
	Tag    string
	Levels []DepthRules
}

// Off reports whether nothing is to be looked at.
func (r *FieldRules) Off() bool { return r.Tag == "-" }

// A StructRules has the validate tags of a struct.
type StructRules struct {
	Typ     reflect.Type
	Fields  map[string]*FieldRules
	Scanned bool // the struct has a plan; else it is in a type that decodes itself
}

func ReadStruct(t reflect.Type) *StructRules {
	s := &StructRules{Typ: t, Fields: make(map[string]*FieldRules, t.NumField())}
	for f := range t.Fields() {
		tag := f.Tag.Get("validate")
		s.Fields[f.Name] = &FieldRules{Tag: tag, Levels: ParseTag(tag)}
	}
	return s
}

// StripRequired returns the tag without the rule required, which the scan
// enforces. The validator means something else by it, a value that is not
// zero, and so could not tell an absent number from the number 0.
func StripRequired(levels []DepthRules) string {
	var out []string
	add := func(rules []Rule) {
		for _, r := range Without(rules) {
			out = append(out, r.Text)
		}
	}
	for _, l := range levels {
		if len(Without(l.Keys)) > 0 {
			out = append(out, "keys")
			add(l.Keys)
			out = append(out, "endkeys")
		}
		add(l.Rules)
		if l.Deep {
			out = append(out, "dive")
		}
	}
	return strings.Join(out, ",")
}

func Without(rules []Rule) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return r.Text == "required" })
}

// HasRule reports whether one of the rules is exactly one of the texts.
func HasRule(rules []Rule, texts ...string) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return slices.Contains(texts, r.Text) })
}

func AtDepth(levels []DepthRules, depth int) DepthRules {
	if depth < len(levels) {
		return levels[depth]
	}
	return DepthRules{}
}

func (l DepthRules) Required() bool { return HasRule(l.Rules, "required") }

func TagOf(rules []Rule) string { return StripRequired([]DepthRules{{Rules: rules}}) }
