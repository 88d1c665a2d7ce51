package lint

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// fitsPattern refuses a pattern of the Config on a field that is no text, and one
// that is too large together with the other patterns of its level.
func (l *Linter) fitsPattern(r *rule.OwnRule, field reflect.Type, p singleRule, where string) bool {
	if r.Expr == nil {
		return true
	}
	if p.Text != p.Name {
		l.refuse(where, p.Text, "is a pattern, which takes no parameter", "drop what is behind the name")
		return false
	}
	if at := p.target(field); at == nil || at.Kind() != reflect.String {
		l.refuse(where, p.Text, "is a pattern on what is not text", "remove it, or put dive before it if it is for the elements")
		return false
	}
	return l.affordsPatterns(p, where)
}

// affordsPatterns refuses the patterns of a level, at the first of them, if they
// have too many instructions together: all of them look at the same text.
func (l *Linter) affordsPatterns(p singleRule, where string) bool {
	var names []string
	first, total := -1, 0
	for i, rule := range p.rules {
		for _, alternative := range rule.Alternatives {
			if r := l.Own[alternative.Text]; r != nil && r.Expr != nil {
				if first < 0 {
					first = i
				}
				names = append(names, alternative.Text)
				total += r.Size
			}
		}
	}
	most := int(plan.MaxSteps / l.Body)
	if p.nth != first || p.Text != names[0] || total <= most {
		return true
	}
	l.refuse(where, strings.Join(names, ","),
		fmt.Sprintf("has %d instructions, and each byte of a body may take a step for each of them", total),
		fmt.Sprintf("have %d at most, for a MaxBody of %d: write [a-z]+ with max=1000 in the tag in place of [a-z]{1,1000}", most, l.Body))
	return false
}
