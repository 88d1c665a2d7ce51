package lint

import (
	"fmt"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

const (
	notText  = "is a rule for text, and says the same of every value of another type"
	elements = "remove it, or put dive before it if it is for the elements"
)

// objection returns the reason why the rule must not run or has no effect, and the fix.
// The reason is "" if the rule is fine.
func (l Linter) objection(s *plan.StructRules, f reflect.StructField, r singleRule) (reason, fix string) {
	if own := l.Own[r.Name]; own != nil {
		own.Used = true
		if t := r.bare(); own.Expr != nil && (t == nil || t.Kind() != reflect.String) {
			return notText, elements
		}
		return "", ""
	}
	switch row := rule.Table[r.Name]; {
	case row.Class == 0:
		return "is not a rule that this package knows",
			"correct its name, or declare a rule of your own in Config.Patterns or Config.Rules; the words of oneof have spaces between them"
	case row.Class == rule.Unsupported:
		return "is a rule that this package does not run", "check it in a Validate method"
	case row.Class == rule.Outside:
		return "asks the file system or the network about what a client sent",
			"check the text alone by ip, ipv4, ipv6 or hostname_port, or check it in the handler"
	case row.Example != "" && r.Param == "":
		return "has nothing behind the =, and so says the same of every value", "write it as " + row.Example + ", or remove it"
	case r.needless && s.Scanned:
		return "only refuses null here, which is refused anyway: it admits what is zero or empty",
			"use min=1 for text, ne=0 for a number, or a Validate method if no element may be zero, or remove it"
	}
	reason, fix = typeObjection(r)
	if reason == "" && rule.Table[r.Name].Fields != rule.NoField {
		return otherField(s.Typ, f, r)
	}
	return reason, fix
}

// typeObjection returns the reason why the rule gives one verdict on all values of its
// type, or "".
func typeObjection(r singleRule) (reason, fix string) {
	t, row := r.bare(), rule.Table[r.Name]
	if t == nil {
		return "", ""
	}
	kind, _ := plan.Basic(t)
	switch {
	case row.Class == rule.OfText && kind != plan.KindString,
		row.Class == rule.OfStringers && kind != plan.KindString && !t.Implements(reflect.TypeFor[fmt.Stringer]()):
		return notText, elements
	case row.Bound != rule.NoBound && t.Kind() == reflect.Array:
		return "counts what is in an array, which has always the same length", elements
	case row.Bound != rule.NoBound && r.Param != "" && t.Kind() == reflect.Struct && t.ConvertibleTo(plan.TypeTime):
		return "compares a time with that of the request, and does not read what is behind the =",
			"write gt or lt alone for the future or the past, or compare in a Validate method"
	}
	return "", ""
}
