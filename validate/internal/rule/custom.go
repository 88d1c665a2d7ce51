package rule

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A Custom is validate.Rule.
type Custom struct {
	// Check reports whether a value satisfies the rule.
	Check func(value any, param string) bool

	// Message is the message of the fault. Default "is not valid".
	Message string
}

// An OwnRule is a pattern or a rule of a Config.
type OwnRule struct {
	check  validator.Func
	fault  plan.Fault
	Expr   *syntax.Regexp // nil for a rule that is not a pattern
	Source string         // of Expr
	Size   int            // of Expr, in instructions
	where  string         // the field of the Config
	Used   bool
}

// OwnRules maps the names in tags to the patterns and rules of a Config.
type OwnRules map[string]*OwnRule

var RuleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// CompileRules compiles the patterns and the rules of a Config.
func CompileRules(patterns map[string]string, rules map[string]Custom, faults *httperr.ConfigFaults) OwnRules {
	own := OwnRules{}
	add := func(name string, r OwnRule) {
		switch {
		case !RuleName.MatchString(name):
			faults.Add(r.where, nil, "is not a name that a tag can hold",
				"use up to 64 lower-case letters, digits and underscores, a letter first")
			return
		case Table[name].Class != 0:
			faults.Add(r.where, nil, "is the name of a rule that there is already",
				"choose another name: who reads the tag expects that rule")
			return
		case own[name] != nil:
			faults.Add(r.where, nil, "is the name of a pattern as well", "rename one of the two")
			return
		}
		own[name] = &r
	}
	for _, name := range slices.Sorted(maps.Keys(patterns)) {
		expr, where := patterns[name], "Patterns["+strconv.Quote(name)+"]"
		// Parse the expression on its own first: "a)(b" becomes valid between the
		// brackets below. Then use its printed form: "\Qa" would quote the closing bracket.
		parsed, err := syntax.Parse(expr, syntax.Perl)
		switch {
		case len(expr) > plan.MaxExpr:
			faults.Add(where, nil, fmt.Sprintf("is longer than %d bytes", plan.MaxExpr), "check the text by a Rule")
			parsed = &syntax.Regexp{Op: syntax.OpNoMatch}
		case err != nil:
			faults.Add(where, expr, "is not a regular expression: "+err.Error(),
				"see the syntax of RE2, which has no lookahead and no lookbehind: name several patterns in the tag, or use Config.Rules")
			parsed = &syntax.Regexp{Op: syntax.OpNoMatch}
		}
		whole := `\A(?:` + parsed.String() + `)\z`
		re := regexp.MustCompile(whole)
		add(name, OwnRule{
			check: func(f validator.FieldLevel) bool { return re.MatchString(f.Field().String()) },
			fault: plan.Fault{Code: "pattern", Message: "must match the pattern " + name}.With("name", name),
			Expr:  parsed, Source: expr, Size: instructions(whole), where: where,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		r, where := rules[name], "Rules["+strconv.Quote(name)+"]"
		if r.Check == nil {
			faults.Add(where, nil, "has no Check", "give it a function, or remove it")
			r.Check = func(any, string) bool { return false }
		}
		if r.Message == "" {
			r.Message = plan.FaultInvalid.Message
		}
		if !plan.PlainMessage(r.Message) || len(r.Message) > plan.MaxMessage {
			faults.Add(where, nil, fmt.Sprintf("has a message with control characters or of more than %d bytes", plan.MaxMessage),
				`write it for the client, as "must have a digit"`)
		}
		add(name, OwnRule{where: where, fault: plan.Fault{Code: "rule_" + name, Message: r.Message},
			check: func(f validator.FieldLevel) bool { return r.Check(f.Field().Interface(), f.Param()) }})
	}
	return own
}

// RefuseUnused adds a fault for each rule that no tag names, because its author
// would think that it protects something.
func (own OwnRules) RefuseUnused(faults *httperr.ConfigFaults) {
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if r := own[name]; !r.Used {
			faults.Add(r.where, nil, "is named by no validate tag", "use it in a tag, or remove it")
		}
	}
}

// NewValidator returns a new validator, so that no other package registers rules in
// it. It does not learn the JSON names: the paths in its errors then consist of Go
// names, which have no dots or brackets in them, so a path has one meaning only.
func NewValidator(tags map[reflect.Type]map[string]string, own OwnRules) *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	_ = v.RegisterValidation("datetime", func(f validator.FieldLevel) bool { return plan.DateTime(f.Param(), f.Field().String()) })
	for name, r := range own {
		_ = v.RegisterValidation(name, r.check) // fails only without a name or a function
	}
	for t, rules := range tags {
		v.RegisterStructValidationMapRules(rules, reflect.Zero(t).Interface())
	}
	return v
}

// instructions returns how many instructions a valid pattern has once package regexp
// has written its counted repetitions out.
func instructions(expr string) int {
	parsed, _ := syntax.Parse(expr, syntax.Perl)
	prog, _ := syntax.Compile(parsed.Simplify())
	return len(prog.Inst)
}
