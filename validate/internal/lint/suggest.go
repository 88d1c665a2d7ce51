package lint

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// spaced refuses a rule with a space around its name, which the validator takes
// for a part of it.
func (l *Linter) spaced(p singleRule, where string) bool {
	name, side := p.Name, "behind"
	switch {
	case strings.TrimSpace(name) == name:
		return false
	case strings.TrimLeft(name, " \t\n") != name:
		side = "before"
	}
	fix := "write " + strings.TrimSpace(name)
	if name != p.Text {
		fix += "=" + p.Param
	}
	l.refuse(where, p.Text, "has a space "+side+" its name, which makes it another", fix)
	return true
}

// refusePanic refuses a rule that has panicked in the dry run.
func (l *Linter) refusePanic(field reflect.Type, p singleRule, panicked any, where string) {
	name, param := p.Name, p.Param
	at, what := p.target(field), "the types that JSON has"
	if at != nil {
		what = "type " + at.String()
	}
	reason, fix := rule.ReasonOf(panicked), "see the rules of go-playground/validator"
	text := fmt.Sprint(panicked)
	switch {
	case l.Own[name] != nil:
		reason = rule.Unrunnable + text
		fix = "it is Config.Rules[\"" + name + "\"], which panicked for a value of " + what + ": let it take such values, or take it off the field"
	case reason == rule.NotARule:
		fix = "correct its name, or declare a rule of your own in Config.Patterns or Config.Rules"
	case name == "unique":
		reason, fix = l.notUnique(at, param, text)
	case name == "dive":
		fix = "remove dive and what is behind it: only a list or a map has elements"
	case reason == rule.Unfit:
		fix = "remove it, or check the value in a Validate method"
		if at != nil && at.Kind() == reflect.Slice || at != nil && at.Kind() == reflect.Map {
			fix = "put dive before it if it is for the elements, or remove it"
		}
	case rule.Table[name].Bound != rule.NoBound && strings.Contains(text, "strconv."):
		fix = "give a number, as in " + name + "=3"
		switch {
		case at == reflect.TypeFor[time.Duration]():
			fix = "give a duration, as in " + name + "=90s, or a number of nanoseconds"
		case at != nil && at.Kind() == reflect.Bool:
			fix = "give true or false"
		case strings.Contains(text, "out of range"):
			fix = "give a number that fits the type of the field"
		}
	}
	l.refuse(where, p.Text, reason, fix)
}

// notUnique says why unique panics at values of type at.
func (l *Linter) notUnique(at reflect.Type, param, text string) (reason, fix string) {
	const method = "compare them in a Validate method"
	if strings.Contains(text, "unhashable") {
		return "is for what has elements that == can compare", method
	}
	if at != nil {
		switch at.Kind() {
		case reflect.Slice, reflect.Array:
			if param != "" && plan.Bare(at.Elem()).Kind() == reflect.Struct {
				return "names a field that the elements do not have", "name a Go field of " + plan.TypeName(plan.Bare(at.Elem()))
			}
			return "names a field of the elements, which are no structs", "drop what is behind the name"
		case reflect.Map:
		default:
			return "is a rule for lists and maps, and the field is neither", "remove it: to compare two fields there is nefield"
		}
	}
	return rule.Unrunnable + text, method
}
