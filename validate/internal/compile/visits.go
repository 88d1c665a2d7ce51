package compile

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// visitPlan compiles the VisitPlan of n.
func (c *compiler) visitPlan(n *plan.Node) *plan.VisitPlan {
	if w, ok := c.visitPlans[n]; ok {
		return w
	}
	w := &plan.VisitPlan{Node: n}
	c.visitPlans[n] = w // a type may contain itself
	c.visitFields(w, n, n.Typ, n.Fields, plan.VisitStep{})
	return w
}

// visitFields adds the steps for the fields of t, which is the struct of w or a value in it.
// around leads from the struct of w to t.
func (c *compiler) visitFields(w *plan.VisitPlan, n *plan.Node, t reflect.Type, fields map[string]plan.GoField, around plan.VisitStep) {
	for f := range t.Fields() {
		compiled, ok := fields[f.Name]
		if !ok || compiled.Rules.Off() {
			continue
		}
		tag := c.validatorTag(t, f.Type, compiled.Rules)
		step := plan.VisitStep{Index: append(slices.Clone(around.Index), f.Index...), Token: around.Token, Outer: around.Outer}
		w.Ruled = w.Ruled || tag != "" && tag != "-"
		if n == w.Node { // a struct that is a value in it has a plan of its own for methods
			c.methodSteps(w, t, f, compiled, step.Index)
		}
		if f.Type.Kind() == reflect.Struct && skipsZero(compiled.Rules.Levels[0], false) {
			step.Outer = step.Index
		}
		switch {
		case compiled.Embedded != nil:
			c.visitFields(w, n, f.Type, compiled.Embedded, step)
		case compiled.Member >= 0: // not a parameter
			m := &n.Members[compiled.Member]
			step.Token, step.Slot, step.Scope = step.Token+m.Token, &m.Slot, plan.StructScope{Node: n, Fields: fields}
			c.member(w, step, t, f, compiled.Rules)
		}
	}
}

// member adds the step b for the field f of t.
func (c *compiler) member(w *plan.VisitPlan, b plan.VisitStep, t reflect.Type, f reflect.StructField, rules *plan.FieldRules) {
	d, end := c.splits[rules], b.Slot.End()
	switch {
	case c.unscanned[t]: // the validator visits the values inside
		w.Ruled = w.Ruled || plan.HoldsStruct(f.Type)
	case d.toStructs || len(d.elementRules) > 0:
		b.ElementRules, b.SkipZero = d.elementRules, d.skipZero
		if d.toStructs {
			b.Inner = c.visitPlan(end)
		}
		_, b.Optional = plan.OptionalOf(f.Type)
		w.Steps = append(w.Steps, b)
	case b.Slot.Node == end && end.Kind == plan.KindObject && c.visitable(end.Typ):
		c.visitFields(w, end, end.Typ, end.Fields, b)
	case end.Kind == plan.KindObject && !dives(f.Type, rules.Levels):
		c.missingDive[c.path(t, f)] = missingDive{c.visitPlan(end), rules.Tag}
	default:
		w.Ruled = w.Ruled || d.validatorTag == "" && end.Kind != plan.KindFree && plan.HoldsStruct(end.Typ)
	}
}

// A missingDive is a field with a list or map of structs and without a dive, so that the
// rules of these structs would not run.
type missingDive struct {
	inner *plan.VisitPlan
	tag   string
}

// dives reports whether the rules of a field of type t have a dive for each list and map in it.
func dives(t reflect.Type, levels []plan.DepthRules) bool {
	if in, ok := plan.OptionalOf(t); ok {
		t = in
	}
	for depth := 0; ; depth++ {
		switch t = plan.Behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			if t = t.Elem(); !plan.AtDepth(levels, depth).Deep {
				return false
			}
		default:
			return true
		}
	}
}

// visitRoot compiles the plan for the rules and the plan for the Validate methods. A plan
// is nil if there is nothing to visit.
func (c *compiler) visitRoot(root *plan.Slot) (rules, methods *plan.VisitPlan) {
	top := c.visitPlan(root.Node)
	c.hasValidate(root.Node.Typ, plan.DepthRules{}, c.rootName())
	for _, where := range slices.Sorted(maps.Keys(c.missingDive)) {
		if u := c.missingDive[where]; u.inner.Useful(map[*plan.VisitPlan]bool{}) {
			c.refuse(where, u.tag, "has structs in it with rules, and no dive, without which the rules are not run",
				`add dive, or tag it validate:"-" if none of the rules is meant here`)
		}
	}
	for _, w := range c.visitPlans {
		w.Steps = slices.DeleteFunc(w.Steps, func(s plan.VisitStep) bool {
			return len(s.ElementRules) == 0 && !s.Inner.Useful(map[*plan.VisitPlan]bool{})
		})
		w.MethodSteps = slices.DeleteFunc(w.MethodSteps, func(b plan.VisitStep) bool {
			return !slices.Contains(b.HasMethod, true) && !b.Inner.LeadsToMethod(map[*plan.VisitPlan]bool{})
		})
	}
	if top.Useful(map[*plan.VisitPlan]bool{}) {
		rules = top
	}
	if top.LeadsToMethod(map[*plan.VisitPlan]bool{}) {
		methods = top
	}
	return rules, methods
}

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
