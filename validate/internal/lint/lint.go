// Package lint refuses validate tags that cannot be run, or that say the same of every value.
package lint

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A Linter refuses rules of the validate tags that cannot be run, or that would say
// the same of every value.
type Linter struct {
	Faults *httperr.ConfigFaults
	Own    rule.OwnRules
	Body   int64 // Config.MaxBody
}

// refuse adds a fault. value is the refused tag or type.
func (l *Linter) refuse(where, value, reason, fix string) {
	l.Faults.Add(where, plan.PublicNames.Replace(value), plan.PublicNames.Replace(reason), plan.PublicNames.Replace(fix))
}

// DryRun runs every rule of every struct once. The validator panics in the
// middle of a request where a tag is unknown or does not fit its field; that
// must happen here instead.
func (l *Linter) DryRun(structs []*plan.StructRules) {
	off := make(map[reflect.Type]map[string]string, len(structs))
	for _, s := range structs {
		t := s.Typ
		off[t] = make(map[string]string, t.NumField())
		for f := range t.Fields() {
			off[t][f.Name] = "-"
		}
	}
	for _, s := range structs {
		t := s.Typ
		for f := range t.Fields() {
			tag, levels := s.Fields[f.Name].Tag, s.Fields[f.Name].Levels
			if tag == "" || tag == "-" || !f.IsExported() && !f.Anonymous { // the validator skips them as well
				continue
			}
			where := plan.FieldPath(plan.TypeName(t), f)
			if s.Scanned { // in a type that decodes itself the rule is the validator's
				l.needless(f.Type, tag, levels, where)
			}
			values := samples(t, f)
			for _, p := range singleRules(levels) {
				if p.Text == "" {
					l.refuse(where, tag, "has an empty rule", "remove one comma")
				}
				if rule.IsPresence(p.Name) { // for the scan and the binder
					continue
				}
				if p.Text == "" || l.spaced(p, where) || !l.admits(t, f, p, where) {
					continue
				}
				off[t][f.Name] = p.tag
				if reason := l.tryRule(off, values); reason != nil {
					l.refusePanic(f.Type, p, reason, where)
					if p.Text == "dive" {
						break // there is nothing for what follows to apply to
					}
				} else if rule.Table[p.Name].Class == 0 && l.Own[p.Name] == nil {
					l.refuse(where, p.Text, "is a rule that this package does not know, nor what it costs to let a client run it", "check it in a Validate method")
				}
			}
			off[t][f.Name] = "-"
		}
	}
}

// tryRule validates each of the values and returns the panic, or nil.
func (l *Linter) tryRule(tags map[reflect.Type]map[string]string, values []reflect.Value) (p any) {
	defer func() { p = recover() }()
	v := rule.NewValidator(tags, l.Own)
	for _, value := range values {
		_ = v.Struct(value.Addr().Interface())
	}
	return nil
}

// admits refuses the rules that would run, but to no good.
func (l *Linter) admits(t reflect.Type, f reflect.StructField, p singleRule, where string) bool {
	if r := l.Own[p.Name]; r != nil {
		r.Used = true
		return l.fitsPattern(r, f.Type, p, where)
	}
	switch class := rule.Table[p.Name].Class; class {
	case rule.OfOthers:
		l.refuse(where, p.Text, "compares with a field of another struct", "use "+strings.Replace(p.Text, "cs", "", 1)+" if that is in this struct or in one that is a value in it, or a Validate method")
		return false
	case rule.Unsupported:
		l.refuse(where, p.Text, "is a rule that this package does not run", "check it in a Validate method")
		return false
	case rule.Outside:
		l.refuse(where, p.Text, "asks the file system or the network about what a client sent", "check it in the handler")
		return false
	case rule.OfText, rule.OfStringers:
		if at := p.target(f.Type); at != nil && !rule.IsText(at, class == rule.OfStringers) {
			l.refuse(where, p.Text, "is a rule for text, and says the same of every value of another type", "remove it, or put dive before it if it is for the elements")
			return false
		}
	}
	return l.telling(f.Type, p, where) && l.otherFields(t, f, p, where)
}
