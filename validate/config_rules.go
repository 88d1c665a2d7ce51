package validate

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Rule reports whether a value satisfies it. The value is that of the field,
// or of what is behind it if that is a pointer, in its own type: assert it with
// value.(T) and not with a comma, and the panic tells New that the rule does
// not fit its field. param is what stands behind "=" in the tag, or "".
//
// A Rule must return the same for the same value, and may be called by many
// requests at once. New calls it too, with values that it makes up. A Rule that
// panics for a request costs that request and no other: it is answered by 500.
type Rule func(value any, param string) bool

// An ownRule is a pattern or a rule of a Config.
type ownRule struct {
	check  validator.Func
	fault  fault
	expr   *syntax.Regexp // nil if it is no pattern
	source string         // of expr
	size   int            // of expr, in instructions
	where  string         // the field of the Config
	used   bool
}

// ownRules has them by their names in tags.
type ownRules map[string]*ownRule

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// compileRules compiles the patterns and the rules of a Config.
func compileRules(patterns map[string]string, rules map[string]Rule, faults *httperr.ConfigFaults) ownRules {
	own := ownRules{}
	if len(patterns) == 0 && len(rules) == 0 {
		return own
	}
	plain := validator.New()
	add := func(name string, r ownRule) {
		r.where += "[" + strconv.Quote(name) + "]"
		switch {
		case !ruleName.MatchString(name):
			faults.Add(r.where, nil, "is not a name that a tag can hold", "use up to 64 lower-case letters, digits and underscores, a letter first")
			return
		case isBuiltin(plain, name):
			faults.Add(r.where, nil, "is the name of a rule that there is already", "choose another name: who reads the tag expects that rule")
			return
		case own[name] != nil:
			faults.Add(r.where, nil, "is the name of a pattern as well", "rename one of the two")
			return
		}
		own[name] = &r
	}
	for _, name := range slices.Sorted(maps.Keys(patterns)) {
		expr, where := patterns[name], "Patterns["+strconv.Quote(name)+"]"
		// On its own first: "a)(b" is a whole once it is between brackets. And
		// as it prints, for "\Qa" would quote what is put behind it.
		parsed, err := syntax.Parse(expr, syntax.Perl)
		known := faults.Len()
		switch {
		case expr == "":
			faults.Add(where, nil, "is empty, and so admits no text but the empty one", "write what the text may be, or use len=0")
		case len(expr) > maxExpr:
			faults.Add(where, nil, fmt.Sprintf("is longer than %d bytes", maxExpr), "check the text by a Rule")
		case err != nil:
			faults.Add(where, expr, "is not a regular expression: "+err.Error(), "see the syntax of package regexp")
		}
		if faults.Len() > known {
			parsed = &syntax.Regexp{Op: syntax.OpNoMatch}
		}
		add(name, ownRule{check: matches(parsed), expr: parsed, source: expr, size: instructions(parsed), where: "Patterns",
			fault: fault{code: "pattern", message: "must match the pattern " + name}.with("name", name)})
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		rule := rules[name]
		if rule == nil {
			faults.Add("Rules["+strconv.Quote(name)+"]", nil, "is nil", "give it a function, or remove it")
			rule = func(any, string) bool { return false }
		}
		add(name, ownRule{where: "Rules", fault: fault{code: "rule_" + name, message: "is not valid"},
			check: func(f validator.FieldLevel) bool { return rule(f.Field().Interface(), f.Param()) }})
	}
	return own
}

func matches(expr *syntax.Regexp) validator.Func {
	re := regexp.MustCompile(anchored(expr))
	return func(f validator.FieldLevel) bool { return re.MatchString(f.Field().String()) }
}

// isBuiltin reports whether the validator knows the rule, whatever version it
// is of.
func isBuiltin(v *validator.Validate, name string) (is bool) {
	defer func() {
		if p := recover(); p != nil {
			is = reasonOf(p) != notARule
		}
	}()
	_ = v.VarCtx(context.Background(), "", name)
	return true
}

// refuseUnused adds a fault for each rule that no tag names, because its author
// would think that it protects something.
func (own ownRules) refuseUnused(faults *httperr.ConfigFaults) {
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if r := own[name]; !r.used {
			faults.Add(r.where, nil, "is named by no validate tag", "use it in a tag, or remove it")
		}
	}
}
