package validate

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// newValidator returns a validator of our own: nobody else registers rules in
// it. It is not told the JSON names: its errors are then paths of Go names,
// which have no dots or brackets in them, and so can be read without doubt.
func newValidator(tags map[reflect.Type]map[string]string, own ownRules) *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	for name, r := range own {
		_ = v.RegisterValidation(name, r.check) // fails only without a name or a function
	}
	for t, rules := range tags {
		v.RegisterStructValidationMapRules(rules, reflect.Zero(t).Interface())
	}
	return v
}

// A linter refuses rules of the validate tags that cannot be run, or that would say
// the same of every value.
type linter struct {
	faults *httperr.ConfigFaults
	own    ownRules
	body   int64 // Config.MaxBody
}

// refuse adds a fault. value is the refused tag or type.
func (l *linter) refuse(where, value, reason, fix string) {
	l.faults.Add(where, publicNames.Replace(value), publicNames.Replace(reason), publicNames.Replace(fix))
}

// dryRun runs every rule of every struct once. The validator panics in the
// middle of a request where a tag is unknown or does not fit its field; that
// must happen here instead.
func (l *linter) dryRun(structs []*structRules) {
	off := make(map[reflect.Type]map[string]string, len(structs))
	for _, s := range structs {
		t := s.typ
		off[t] = make(map[string]string, t.NumField())
		for f := range t.Fields() {
			off[t][f.Name] = "-"
		}
	}
	for _, s := range structs {
		t := s.typ
		for f := range t.Fields() {
			tag, levels := s.fields[f.Name].tag, s.fields[f.Name].levels
			if tag == "" || tag == "-" || !f.IsExported() && !f.Anonymous { // the validator skips them as well
				continue
			}
			where := fieldPath(typeName(t), f)
			if s.scanned { // in a type that decodes itself the rule is the validator's
				l.needless(f.Type, tag, levels, where)
			}
			values := samples(t, f)
			for _, p := range probes(levels) {
				if p.text == "" {
					l.refuse(where, tag, "has an empty rule", "remove one comma")
				}
				if p.text == "" || l.spaced(p, where) || !l.admits(t, f, p, where) {
					continue
				}
				off[t][f.Name] = p.tag
				if reason := l.tryRule(off, values); reason != nil {
					l.refusePanic(f.Type, p, reason, where)
					if p.text == "dive" {
						break // there is nothing for what follows to apply to
					}
				} else if table[p.name].class == 0 && l.own[p.name] == nil {
					l.refuse(where, p.text, "is a rule that this package does not know, nor what it costs to let a client run it", "check it in a Validate method")
				}
			}
			off[t][f.Name] = "-"
		}
	}
}

// tryRule validates each of the values and returns the panic, or nil.
func (l *linter) tryRule(tags map[reflect.Type]map[string]string, values []reflect.Value) (p any) {
	defer func() { p = recover() }()
	v := newValidator(tags, l.own)
	for _, value := range values {
		_ = v.Struct(value.Addr().Interface())
	}
	return nil
}

const (
	notARule   = "is not a rule"
	unfit      = "is a rule that does not apply to this type"
	unrunnable = "is a rule that cannot be run: "
)

func reasonOf(p any) string {
	switch s := fmt.Sprint(p); {
	case strings.HasPrefix(s, "Undefined validation function"), strings.HasPrefix(s, "Invalid validation tag"):
		return notARule
	case strings.HasPrefix(s, "Bad field type"), strings.HasPrefix(s, "dive error"):
		return unfit
	default:
		return unrunnable + s
	}
}

// admits refuses the rules that would run, but to no good.
func (l *linter) admits(t reflect.Type, f reflect.StructField, p probe, where string) bool {
	if r := l.own[p.name]; r != nil {
		r.used = true
		return l.fitsPattern(r, f.Type, p, where)
	}
	switch class := table[p.name].class; class {
	case ofOthers:
		l.refuse(where, p.text, "compares with a field of another struct", "use "+strings.Replace(p.text, "cs", "", 1)+" if that is in this struct or in one that is a value in it, or a Validate method")
		return false
	case outside:
		l.refuse(where, p.text, "asks the file system or the network about what a client sent", "check it in the handler")
		return false
	case ofText, ofStringers:
		if at := p.target(f.Type); at != nil && !isText(at, class == ofStringers) {
			l.refuse(where, p.text, "is a rule for text, and says the same of every value of another type", "remove it, or put dive before it if it is for the elements")
			return false
		}
	}
	return l.telling(f.Type, p, where) && l.otherFields(t, f, p, where)
}
