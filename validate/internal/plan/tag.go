package plan

import (
	"reflect"
	"slices"
	"strings"
)

// A Rule is one rule of a validate tag: max=5, or email|uuid.
type Rule struct {
	Text         string
	Name, Param  string // the text before and after the first "="
	Alternatives []Rule // the rules separated by "|"; without "|" the rule itself
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

// DepthRules are the part of a validate tag for one depth: the field itself, or the elements
// that one more dive leads to.
type DepthRules struct {
	Rules []Rule
	Keys  []Rule // the rules between keys and endkeys
	Deep  bool   // a dive follows
	Late  bool   // a default or a mod changes the value before the rules run
}

// ParseTag splits a validate tag into its depths. The result has at least one.
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

// FieldRules are the parsed validate tag of a field.
type FieldRules struct {
	Tag    string
	Levels []DepthRules
}

// Off reports whether the tag is validate:"-".
func (r *FieldRules) Off() bool { return r.Tag == "-" }

// StructRules are the parsed validate tags of a struct.
type StructRules struct {
	Typ     reflect.Type
	Where   string // its name in the faults of New; without a name, the way to its first field
	Fields  map[string]*FieldRules
	Scanned bool // the struct has a node; else it is inside a type that decodes itself
}

func ReadStruct(t reflect.Type) *StructRules {
	s := &StructRules{Typ: t, Where: TypeName(t), Fields: make(map[string]*FieldRules, t.NumField())}
	for f := range t.Fields() {
		tag := f.Tag.Get("validate")
		s.Fields[f.Name] = &FieldRules{Tag: tag, Levels: ParseTag(tag)}
	}
	return s
}

// StripRequired returns the tag without the rule required, which the scan enforces. To the
// validator required means "not zero", so it cannot tell an absent number from the number 0.
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
