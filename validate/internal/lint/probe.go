package lint

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A singleRule is one rule of a tag, as a tag of its own.
type singleRule struct {
	plan.Rule
	tag   string
	depth int  // how many dives are before it
	key   bool // it is for the keys of a map
	rules []plan.Rule
	nth   int // of these rules, it is or is part of
}

// singleRules takes a tag apart: behind a rule that fails, or beside one that holds,
// a faulty one would not be found.
func singleRules(levels []plan.DepthRules) []singleRule {
	var list []singleRule
	prefix := ""
	for depth, l := range levels {
		single := func(rules []plan.Rule, before, after string, key bool) {
			for i, rule := range rules {
				for _, alternative := range rule.Alternatives {
					list = append(list, singleRule{alternative, before + alternative.Text + after, depth, key, rules, i})
				}
			}
		}
		single(l.Keys, prefix+"keys,", ",endkeys", true)
		single(l.Rules, prefix, "", false)
		if l.Deep {
			prefix += "dive,"
			list = append(list, singleRule{Rule: plan.ReadRule("dive"), tag: strings.TrimSuffix(prefix, ","), depth: depth})
		}
	}
	return list
}

// target returns the type that the rule is for, or nil if only a value has one.
func (p singleRule) target(t reflect.Type) reflect.Type {
	for depth := 0; ; depth++ {
		t = plan.Bare(t)
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
