package check

import (
	"context"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/scan"
)

// A visitor follows a VisitPlan through one value, and runs the rules there or calls the
// Validate methods, until it has found enough.
type visitor struct {
	*Checker
	ctx        context.Context
	pointer    []byte
	inside     []byte // from where the pointer ends to where we are
	maps       int    // that we are in; a pointer ends at the outermost
	violations []Violation
	methods    bool // and not running rules
	faults     []httperr.Fault
	causes     []error
	seen       int // with those that say what another one has said
	cut        bool
	err        error
}

// visitStruct runs the rules of a struct and of what it leads to, or calls the Validate
// methods there.
func (p *visitor) visitStruct(w *plan.VisitPlan, v reflect.Value) {
	if p.cut {
		return
	}
	branches := w.MethodSteps
	if !p.methods {
		branches = w.Steps
		if w.Ruled {
			p.note(w, plan.StructScope{}, p.Validator.StructCtx(p.ctx, v.Addr().Interface()))
		}
	}
	length, inside := len(p.pointer), len(p.inside)
	for i := range branches {
		b := &branches[i]
		if b.Outer != nil && v.FieldByIndex(b.Outer).IsZero() {
			continue
		}
		field := v.FieldByIndex(b.Index)
		if b.Optional {
			if !field.Field(0).Bool() || field.Field(1).Bool() { // not Set, or Null
				continue
			}
			field = field.Field(2)
		}
		p.push(b.Token)
		p.visitValue(b, b.Slot, v, field, 0)
		p.pointer, p.inside = p.pointer[:length], p.inside[:inside]
	}
}

// visitValue goes on to v, which is behind that many dives from a field of parent.
func (p *visitor) visitValue(b *plan.VisitStep, at *plan.Slot, parent, v reflect.Value, depth int) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if depth == len(b.SkipZero) || b.SkipZero[depth] && v.IsZero() {
		return // there are no rules, or none that hold
	}
	length, inside, wrong := len(p.pointer), len(p.inside), len(p.faults)
	switch at.Node.Kind {
	case plan.KindList, plan.KindTuple:
		for i := 0; i < v.Len() && !p.cut; i++ {
			if p.maps == 0 {
				p.pointer = scan.AppendIndex(p.pointer, i)
			} else {
				p.push(plan.Star)
			}
			p.element(b, at.Node.Elem, parent, v.Index(i), depth)
			p.pointer, p.inside = p.pointer[:length], p.inside[:inside]
		}
	case plan.KindMap:
		elem := reflect.New(v.Type().Elem()).Elem() // what is in a map has no address
		p.maps++
		for entry := v.MapRange(); entry.Next() && !p.cut; {
			elem.SetIterValue(entry)
			p.push(plan.Star)
			if depth < len(b.ElementRules) {
				p.runTag(b, parent, entry.Key(), b.ElementRules[depth].Keys)
			}
			p.element(b, at.Node.Elem, parent, elem, depth)
			p.inside = p.inside[:inside]
		}
		p.maps--
	default:
		if b.Inner != nil {
			p.visitStruct(b.Inner, v)
		}
	}
	if p.methods && b.HasMethod[depth] && len(p.faults) == wrong && !p.cut {
		p.callValidate(b, v)
	}
}

// element goes on to one element, behind that many dives and one more.
func (p *visitor) element(b *plan.VisitStep, at *plan.Slot, parent, v reflect.Value, depth int) {
	if depth < len(b.ElementRules) {
		p.runTag(b, parent, v, b.ElementRules[depth].Elem)
	}
	p.visitValue(b, at, parent, v, depth+1)
}

// runTag asks the validator about one value.
func (p *visitor) runTag(b *plan.VisitStep, parent, v reflect.Value, tag string) {
	if tag == "" {
		return
	}
	// Not an embedded struct that is not exported, but the one around it, which
	// has its fields.
	for n := len(b.Index) - 1; n > 0; n-- {
		if in := parent.FieldByIndex(b.Index[:n]); in.CanInterface() {
			parent = in
			break
		}
	}
	if v.Kind() == reflect.Interface {
		v = v.Addr() // or the validator would not know that nil is one
	}
	p.note(nil, b.Scope, p.Validator.VarWithValueCtx(p.ctx, v.Interface(), parent.Addr().Interface(), tag))
}

func (p *visitor) push(token string) {
	if p.maps == 0 {
		p.pointer = append(p.pointer, token...)
	} else {
		p.inside = append(p.inside, token...)
	}
}
