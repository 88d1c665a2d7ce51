package lint

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// decimal matches an integer as the validator writes it before it compares it with
// the words of oneof.
var decimal = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)$`)

// objection returns why the rule must not run, or would run to no good. The reason is
// "" if there is no objection.
func (l *Linter) objection(s *plan.StructRules, f reflect.StructField, r singleRule) (reason, fix string) {
	const elements = "remove it, or put dive before it if it is for the elements"
	typ, row, own := r.typ, rule.Table[r.Name], l.Own[r.Name]
	if typ != nil {
		typ = plan.Bare(typ)
	}
	known := typ != nil && typ.Kind() != reflect.Interface && !plan.IsValuer(typ)
	isText := typ != nil && typ.Kind() == reflect.String
	if own != nil {
		own.Used = true
	}
	switch {
	case own != nil && own.Expr != nil && !isText,
		known && row.Class == rule.OfText && !isText,
		known && row.Class == rule.OfStringers && !isText && !typ.Implements(reflect.TypeFor[fmt.Stringer]()):
		return "is a rule for text, and says the same of every value of another type", elements
	case own != nil:
		return "", ""
	case row.Class == 0:
		return "is not a rule that this package knows", "correct its name, or declare a rule of your own in Config.Patterns or Config.Rules"
	case row.Class == rule.Unsupported:
		return "is a rule that this package does not run", "check it in a Validate method"
	case row.Class == rule.Outside:
		return "asks the file system or the network about what a client sent", "check it in the handler"
	case row.Example != "" && r.Param == "":
		return "has nothing behind the =, and so says the same of every value", "write it as " + row.Example + ", or remove it"
	case r.needless && s.Scanned:
		return "only refuses null here, which is refused anyway: it admits what is zero or empty",
			"use min=1 for text, ne=0 for a number, or a Validate method if no element may be zero, or remove it"
	case row.Fields != rule.NoField:
		return otherField(s.Typ, f, r, known)
	case !known:
		return "", ""
	case row.Bound != rule.NoBound && typ.Kind() == reflect.Array:
		return "counts what is in an array, which has always the same length", elements
	case row.Bound != rule.NoBound && r.Param != "" && typ.Kind() == reflect.Struct && typ.ConvertibleTo(plan.TypeTime):
		return "compares a time with that of the request, and does not read what is behind the =",
			"write gt or lt alone for the future or the past, or compare in a Validate method"
	case r.Name == "oneof", r.Name == "noneof":
		kind, _ := plan.Basic(typ)
		notDecimal := func(word string) bool { return !decimal.MatchString(word) }
		if (kind == plan.KindInt || kind == plan.KindUint) && slices.ContainsFunc(rule.Choices(r.Param), notDecimal) {
			return "lists a word that is no value of type " + typ.String(), "write the numbers as 1 and -1, with spaces between"
		}
	}
	return "", ""
}
