package lint

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// telling refuses a rule that tells no two values of the field apart.
func (l *Linter) telling(field reflect.Type, p singleRule, where string) bool {
	name, param := p.Name, p.Param
	list := strings.HasPrefix(name, "oneof") || strings.HasPrefix(name, "noneof")
	if example := rule.Table[name].Example; example != "" && (param == "" || list && strings.TrimSpace(param) == "") {
		l.refuse(where, p.Text, "has nothing behind the =, and so says the same of every value", "write it as "+example+", or remove it")
		return false
	}
	if name == "required" && name != p.Text {
		// It would be the validator's, for which zero is nothing.
		l.refuse(where, p.Text, "has something behind a rule that takes nothing", "write required, and min=1 if zero is not allowed")
		return false
	}
	at := p.target(field)
	if at == nil || plan.IsValuer(at) {
		return true
	}
	switch {
	case rule.Table[name].Bound != rule.NoBound && at.Kind() == reflect.Array:
		fix := "remove it, use a slice, or put dive before it if it is for the elements"
		if plan.DecoderKind(at) != plan.KindInvalid {
			fix = "remove it: its type knows what text it takes, and more can be said in a Validate method"
		}
		l.refuse(where, p.Text, fmt.Sprintf("counts what is in an array, and that is always %d", at.Len()), fix)
		return false
	case rule.Table[name].Bound != rule.NoBound && param != "" && at.Kind() == reflect.Struct && at.ConvertibleTo(plan.TypeTime):
		l.refuse(where, p.Text, "compares a time with that of the request, and does not read what is behind the =", "write gt or lt alone for the future or the past, or compare in a Validate method")
		return false
	case name == "oneof" || name == "noneof":
		return l.listed(at, p, where)
	}
	return true
}

// listed refuses a list of numbers in which one is written otherwise than the
// validator writes it, and so equals none.
func (l *Linter) listed(at reflect.Type, p singleRule, where string) bool {
	for _, s := range rule.ParamWords.FindAllString(p.Param, -1) {
		plain, err := strings.Trim(s, "'"), error(nil)
		again := plain
		switch k := at.Kind(); {
		case reflect.Int <= k && k <= reflect.Int64:
			var n int64
			n, err = strconv.ParseInt(plain, 10, at.Bits())
			again = strconv.FormatInt(n, 10)
		case reflect.Uint <= k && k <= reflect.Uint64:
			var n uint64
			n, err = strconv.ParseUint(plain, 10, at.Bits())
			again = strconv.FormatUint(n, 10)
		}
		if err != nil || again != plain {
			l.refuse(where, p.Text, "lists "+strconv.Quote(s)+", which is no value of type "+at.String(), "write the numbers as 1 and -1, with spaces between")
			return false
		}
	}
	return true
}

// needless refuses required in lists and maps where null is refused anyway,
// which is all that it says. Whoever comes from the validator means more by it:
// that no element is zero or empty. For a pointer and a free value it does say
// something, and for a list in a list it means the same to both.
func (l *Linter) needless(t reflect.Type, tag string, levels []plan.DepthRules, where string) {
	const nothing = ", which cannot be null anyway: it admits what is zero or empty"
	for _, here := range levels[1:] {
		switch t = plan.Bare(t); t.Kind() {
		case reflect.Map:
			if (plan.DepthRules{Rules: here.Keys}).Required() {
				l.refuse(where, tag, "has required for keys"+nothing, "use min=1 if no key may be empty, or remove it")
			}
		case reflect.Slice, reflect.Array:
		default:
			return // the dry run refuses the dive
		}
		t = t.Elem()
		if here.Required() && !l.mayLack(t) {
			l.refuse(where, tag, "has required for elements of type "+t.String()+nothing, l.insteadOfRequired(t))
		}
	}
}

// mayLack reports whether required says something of a t in a list.
func (l *Linter) mayLack(t reflect.Type) bool {
	switch own := plan.DecoderKind(t); t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return true
	case reflect.Slice, reflect.Map:
		return own == plan.KindInvalid || own == plan.KindFree
	default:
		return false
	}
}

// insteadOfRequired says what to write.
func (l *Linter) insteadOfRequired(t reflect.Type) string {
	switch k := t.Kind(); {
	case k == reflect.String:
		return "use min=1 if no element may be empty, or remove it"
	case t == plan.TypeTime, plan.DecoderKind(t) != plan.KindInvalid:
		return "remove it, and check in a Validate method that none is zero"
	case k == reflect.Bool:
		return "use eq=true if each must be true, or remove it"
	case k == reflect.Struct, k == reflect.Array:
		return "remove it: required on the fields inside says which of them must be there"
	default:
		return "use ne=0 if no element may be zero, or remove it"
	}
}
