// Package lint refuses rules in validate tags that cannot run, or that accept or refuse every value.
package lint

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A Linter refuses rules in validate tags that cannot run, or that accept or refuse
// every value.
type Linter struct {
	Faults *httperr.ConfigFaults
	Own    rule.OwnRules
	Body   int64 // Config.MaxBody
}

// refuse adds a fault. value is the refused tag or type.
func (l Linter) refuse(where, value, reason, fix string) {
	l.Faults.Add(where, plan.PublicNames.Replace(value), plan.PublicNames.Replace(reason), plan.PublicNames.Replace(fix))
}

// DryRun runs every rule of every struct once, because the validator panics during a
// request if a rule does not fit its field.
func (l Linter) DryRun(structs []*plan.StructRules) {
	tags := make(map[reflect.Type]map[string]string, len(structs)) // "-" turns all rules off but the one that is tried
	for _, s := range structs {
		tags[s.Typ] = make(map[string]string, len(s.Fields))
		for name := range s.Fields {
			tags[s.Typ][name] = "-"
		}
	}
	for _, s := range structs {
		values := samples(s.Typ)
		for f := range s.Typ.Fields() {
			tag, levels := s.Fields[f.Name].Tag, s.Fields[f.Name].Levels
			if tag == "" || tag == "-" || !f.IsExported() && !f.Anonymous { // the validator skips these fields
				continue
			}
			where := plan.FieldPath(s.Where, f)
			for _, level := range levels {
				l.limitPatterns(level.Keys, where)
				l.limitPatterns(level.Rules, where)
			}
			for _, r := range singleRules(f.Type, levels) {
				if rule.IsPresence(r.Name) { // the scan and the binder run these rules
					continue
				}
				if r.Text == "" {
					l.refuse(where, tag, "has an empty rule", "remove one comma")
					continue
				}
				if reason, fix := l.objection(s, f, r); reason != "" {
					l.refuse(where, r.Text, reason, fix)
					continue
				}
				tags[s.Typ][f.Name] = r.tag
				l.tryRule(tags, values, r, where)
			}
			tags[s.Typ][f.Name] = "-"
		}
	}
}

// tryRule validates each of the values, and refuses the rule if the validator panics.
func (l Linter) tryRule(tags map[reflect.Type]map[string]string, values []reflect.Value, r singleRule, where string) {
	defer func() {
		panicked := recover()
		if panicked == nil {
			return
		}
		text := fmt.Sprint(panicked)
		reason, fix := "is a rule that cannot be run: "+text, "correct its parameter, or check the value in a Validate method"
		switch {
		case l.Own[r.Name] != nil:
			fix = "let Config.Rules[\"" + r.Name + "\"] take every value of the field, or take it off the field"
		case strings.HasPrefix(text, "Bad field type"), strings.HasPrefix(text, "dive error"):
			reason = "is a rule that does not apply to this type"
			fix = "put dive before it if it is for the elements, remove it, or check the value in a Validate method"
		}
		l.refuse(where, r.Text, reason, fix)
	}()
	v := rule.NewValidator(tags, l.Own)
	for _, value := range values {
		_ = v.Struct(value.Addr().Interface())
	}
}

// limitPatterns refuses the patterns among the rules of one level if they have too many
// instructions together: all of them run on the same text.
func (l Linter) limitPatterns(rules []plan.Rule, where string) {
	var names []string
	total := 0
	for _, r := range rules {
		for _, alternative := range r.Alternatives {
			if own := l.Own[alternative.Name]; own != nil && own.Expr != nil {
				names = append(names, alternative.Name)
				total += own.Size
			}
		}
	}
	if int64(total)*l.Body > plan.MaxSteps {
		l.refuse(where, strings.Join(names, ","),
			fmt.Sprintf("has %d instructions, and each byte of a body may take a step for each of them", total),
			fmt.Sprintf("have %d at most, for a MaxBody of %d: write [a-z]+ with max=1000 in the tag in place of [a-z]{1,1000}",
				plan.MaxSteps/l.Body, l.Body))
	}
}

// TryPresets checks the normalised defaults against the rules of their fields, except
// rules that look at other fields: a request may set these.
func TryPresets(t reflect.Type, presets []plan.Preset, run *validator.Validate, prepare func(reflect.Value), faults *httperr.ConfigFaults) {
	if len(presets) == 0 {
		return
	}
	v := reflect.New(t)
	prepare(v.Elem())
	// All defaults are in the struct itself and in the structs that are values in it.
	broken, _ := run.Struct(v.Interface()).(validator.ValidationErrors)
	for _, b := range broken {
		path := strings.TrimPrefix(b.StructNamespace(), t.Name()+".")
		i := slices.IndexFunc(presets, func(p plan.Preset) bool { return p.Path == path })
		if i >= 0 && rule.Table[b.Tag()].Fields == rule.NoField {
			faults.Add(presets[i].Where, presets[i].Tag, "breaks the rule "+b.Tag()+" of its own field", "correct the default or the rule")
		}
	}
}
