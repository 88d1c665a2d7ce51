package validate

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
)

// A judge has rules that no tag can say.
type judge interface {
	Validate(context.Context) error
}

var typeJudge = reflect.TypeFor[judge]()

// isJudge reports whether values of type t are judges. A method of this name
// that is something else is refused: who wrote it thinks that it is called.
func (c *compiler) isJudge(t reflect.Type, l level, where string) bool {
	p := reflect.PointerTo(t)
	if p.Implements(typeJudge) {
		return true
	}
	if _, has := p.MethodByName("Validate"); has && !calls(l) && !c.misjudged[t] {
		c.misjudged[t] = true
		c.refuse(where, typeName(t), "has a method Validate that is not func(context.Context) error, and so is not called", `give it this type, rename it, call it by the rule validateFn, or tag the field validate:"-"`)
	}
	return false
}

// calls reports whether one of the rules calls a method of the value.
func calls(l level) bool {
	return slices.ContainsFunc(l.rules, func(rule tagRule) bool { return strings.HasPrefix(rule.text, "validateFn") })
}

// addJudges adds a branch to the judges in a field of type t.
func (c *compiler) addJudges(w *walk, t reflect.Type, levels []level, b branch, where string) {
	place, pointed := b.slot, false
	if in, ok := optionalOf(t); ok {
		t, b.optional, pointed = in, true, true
	}
	for depth := 0; ; depth++ {
		l := at(levels, depth)
		pointed = pointed || t.Kind() == reflect.Pointer
		t = behind(t)
		b.judges = append(b.judges, c.isJudge(t, l, where))
		b.skipZero = append(b.skipZero, skipsZero(l, pointed))
		if place.node.elem == nil {
			break
		}
		t, place, pointed = t.Elem(), place.node.elem, false
	}
	if place.node.kind == kindObject {
		b.inner = c.walk(place.node)
	}
	w.judges = append(w.judges, b)
}

// judgesOf adds branches to the judges in the field f of t, which index leads to
// from the struct of w.
func (c *compiler) judgesOf(w *walk, t reflect.Type, f reflect.StructField, to goField, index []int) {
	where := fieldPath(typeName(t), f)
	switch {
	case to.param != nil:
		c.addJudges(w, f.Type, to.rules.levels, branch{index: index, slot: to.param.slot(), param: to.param}, where)
	case to.embedded != nil: // its method is that of the struct around it
		if reflect.PointerTo(f.Type).Implements(typeJudge) && !reflect.PointerTo(t).Implements(typeJudge) {
			c.refuse(where, typeName(f.Type), "is embedded, and its method Validate is hidden by another one of the name", "give "+typeName(t)+" a method Validate that calls both")
		}
	case to.member >= 0:
		m := &w.node.members[to.member]
		c.addJudges(w, f.Type, to.rules.levels, branch{index: index, token: m.token, slot: &m.slot}, where)
	}
}

// leadsToJudge reports whether w leads to a judge, other than its own struct.
func (w *walk) leadsToJudge(seen map[*walk]bool) bool {
	if w == nil || seen[w] {
		return false
	}
	seen[w] = true
	return slices.ContainsFunc(w.judges, func(b branch) bool { return slices.Contains(b.judges, true) || b.inner.leadsToJudge(seen) })
}

// hear asks the judges in v, and then v itself if there is nothing wrong with
// what is in it: its method may rely on that.
func (c *checker) hear(ctx context.Context, v any) error {
	if c.methods != nil {
		p := patrol{checker: c, ctx: ctx, judging: true, pointer: make([]byte, 0, 64)}
		p.enter(c.methods, reflect.ValueOf(v).Elem())
		switch {
		case p.err != nil:
			return p.err
		case len(p.faults) > 0:
			return invalid(p.faults, errors.Join(p.causes...))
		}
	}
	if j, ok := v.(judge); ok {
		if err := j.Validate(ctx); err != nil {
			return fromRule(v, err)
		}
	}
	return nil
}

// call asks a judge that b leads to.
func (p *patrol) call(b *branch, v reflect.Value) {
	j := v.Addr().Interface().(judge)
	err := j.Validate(p.ctx)
	if err == nil {
		return
	}
	faults, other := heard(j, err)
	if other != nil {
		p.err, p.cut = other, true
		return
	}
	p.causes = append(p.causes, err)
	for _, f := range faults {
		switch {
		case b.param != nil:
			f.Pointer, f.In, f.Name = nil, b.param.in.String(), b.param.name
		case f.Pointer != nil:
			place, inside := string(p.pointer), ""
			if p.maps == 0 {
				place += *f.Pointer
			} else { // the way there has a name of the client in it
				inside = string(p.inside) + *f.Pointer
			}
			f = within(f, inside)
			f.Pointer = &place
		}
		p.faults = append(p.faults, f)
	}
	p.cut = len(p.faults) > maxFaults
}
