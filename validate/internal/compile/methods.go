package compile

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// hasValidate reports whether values of type t have a Validate method. A method of this name
// with another signature is refused, because its author expects it to be called.
func (c *compiler) hasValidate(t reflect.Type, l plan.DepthRules, where string) bool {
	p := reflect.PointerTo(t)
	if p.Implements(plan.TypeSelfValidator) {
		return true
	}
	if c.wrongMethod[t] {
		return false
	}
	if _, has := p.MethodByName("Validate"); has && !calls(l) {
		c.wrongMethod[t] = true
		c.refuse(where, plan.TypeName(t), "has a method Validate that is not func(context.Context) error, and so is not called",
			`give it this type, rename it, call it by the rule validateFn, or tag the field validate:"-"`)
	}
	if name := foreignMethod(p); name != "" {
		c.wrongMethod[t] = true
		c.refuse(where, plan.TypeName(t), "has a method "+name+" that another library calls to check a request, and nothing here does",
			"add a method Validate(context.Context) error that checks the same, or rename it")
	}
	return false
}

// foreignMethod returns the name of the method of p by which huma or chi/render lets a request
// check itself, or "".
func foreignMethod(p reflect.Type) string {
	if m, has := p.MethodByName("Resolve"); has && m.Type.NumOut() == 1 && m.Type.Out(0) == reflect.TypeFor[[]error]() {
		return m.Name
	}
	if m, has := p.MethodByName("Bind"); has && m.Type.NumIn() == 2 && m.Type.In(1) == reflect.TypeFor[*http.Request]() {
		return m.Name
	}
	return ""
}

// calls reports whether one of the rules calls a method of the value.
func calls(l plan.DepthRules) bool {
	return slices.ContainsFunc(l.Rules, func(rule plan.Rule) bool { return strings.HasPrefix(rule.Text, "validateFn") })
}

// addMethodSteps adds a step to the Validate methods in a field of type t.
func (c *compiler) addMethodSteps(w *plan.VisitPlan, t reflect.Type, levels []plan.DepthRules, b plan.VisitStep, where string) {
	place, pointed := b.Slot, false
	if in, ok := plan.OptionalOf(t); ok {
		t, b.Optional, pointed = in, true, true
	}
	for depth := 0; ; depth++ {
		l := plan.AtDepth(levels, depth)
		pointed = pointed || t.Kind() == reflect.Pointer
		t = plan.Behind(t)
		b.HasMethod = append(b.HasMethod, c.hasValidate(t, l, where))
		b.SkipZero = append(b.SkipZero, skipsZero(l, pointed))
		if place.Node.Elem == nil {
			break
		}
		t, place, pointed = t.Elem(), place.Node.Elem, false
	}
	if place.Node.Kind == plan.KindObject {
		b.Inner = c.visitPlan(place.Node)
	}
	w.MethodSteps = append(w.MethodSteps, b)
}

// methodSteps adds steps to the Validate methods in the field f of t, which index leads
// to from the struct of w.
func (c *compiler) methodSteps(w *plan.VisitPlan, t reflect.Type, f reflect.StructField, compiled plan.GoField, index []int) {
	where := c.path(t, f)
	switch {
	case compiled.Param != nil:
		step := plan.VisitStep{Index: index, Slot: compiled.Param.Slot(), Param: compiled.Param}
		c.addMethodSteps(w, f.Type, compiled.Rules.Levels, step, where)
	case compiled.Embedded != nil: // the struct around it has the same method, by promotion
		if reflect.PointerTo(f.Type).Implements(plan.TypeSelfValidator) && !reflect.PointerTo(t).Implements(plan.TypeSelfValidator) {
			c.refuse(where, plan.TypeName(f.Type), "is embedded, and its method Validate is hidden by another one of the name",
				"give "+plan.TypeName(t)+" a method Validate that calls both")
		}
	case compiled.Member >= 0:
		m := &w.Node.Members[compiled.Member]
		c.addMethodSteps(w, f.Type, compiled.Rules.Levels, plan.VisitStep{Index: index, Token: m.Token, Slot: &m.Slot}, where)
	}
}
