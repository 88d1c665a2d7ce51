package validate

import (
	"fmt"
	"reflect"
	"regexp/syntax"
	"strings"
)

// anchored is the expression that is matched: the whole text.
func anchored(expr *syntax.Regexp) string { return `\A(?:` + expr.String() + `)\z` }

// instructions returns how many instructions a pattern has once package regexp
// has written its counted repetitions out.
func instructions(expr *syntax.Regexp) int {
	whole, err := syntax.Parse(anchored(expr), syntax.Perl) // it prints what it was parsed from
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(whole.Simplify())
	if err != nil {
		return 0
	}
	return len(prog.Inst)
}

// fitsPattern refuses a pattern of the Config on a field that is no text, and one
// that is too large together with the other patterns of its level.
func (l *linter) fitsPattern(r *ownRule, field reflect.Type, p probe, where string) bool {
	if r.expr == nil {
		return true
	}
	if p.text != p.name {
		l.refuse(where, p.text, "is a pattern, which takes no parameter", "drop what is behind the name")
		return false
	}
	if at := p.target(field); at == nil || at.Kind() != reflect.String {
		l.refuse(where, p.text, "is a pattern on what is not text", "remove it, or put dive before it if it is for the elements")
		return false
	}
	return l.affordsPatterns(p, where)
}

// affordsPatterns refuses the patterns of a level, at the first of them, if they
// have too many instructions together: all of them look at the same text.
func (l *linter) affordsPatterns(p probe, where string) bool {
	var names []string
	first, total := -1, 0
	for i, rule := range p.rules {
		for _, alternative := range rule.alternatives {
			if r := l.own[alternative.text]; r != nil && r.expr != nil {
				if first < 0 {
					first = i
				}
				names = append(names, alternative.text)
				total += r.size
			}
		}
	}
	most := int(maxSteps / l.body)
	if p.nth != first || p.text != names[0] || total <= most {
		return true
	}
	l.refuse(where, strings.Join(names, ","),
		fmt.Sprintf("has %d instructions, and each byte of a body may take a step for each of them", total),
		fmt.Sprintf("have %d at most, for a MaxBody of %d: write [a-z]+ with max=1000 in the tag in place of [a-z]{1,1000}", most, l.body))
	return false
}
