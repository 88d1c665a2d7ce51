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
	inside     []byte // the way from the end of the pointer to the value
	maps       int    // the number of maps around the value; the pointer ends at the outermost
	violations []Violation
	methods    bool // calls the Validate methods instead of running the rules
	faults     []httperr.Fault
	causes     []error
	seen       int // errors of the validator
	cut        bool
	err        error
}

// visitStruct runs the rules of a struct and of the values that w leads to, or calls the
// Validate methods of these values.
func (p *visitor) visitStruct(w *plan.VisitPlan, v reflect.Value) {
	if p.cut {
		return
	}
	steps := w.MethodSteps
	if !p.methods {
		steps = w.Steps
		if w.Ruled {
			p.record(w, plan.StructScope{}, p.Validator.StructCtx(p.ctx, v.Addr().Interface()))
		}
	}
	length, inside := len(p.pointer), len(p.inside)
	for i := range steps {
		step := &steps[i]
		if step.Outer != nil && v.FieldByIndex(step.Outer).IsZero() {
			continue
		}
		field := v.FieldByIndex(step.Index)
		if step.Optional {
			if !field.Field(0).Bool() || field.Field(1).Bool() { // not Set, or Null
				continue
			}
			field = field.Field(2)
		}
		p.push(step.Token)
		p.visitValue(step, step.Slot, v, field, 0)
		p.pointer, p.inside = p.pointer[:length], p.inside[:inside]
	}
}

// visitValue visits v, which is that many dives below a field of parent.
func (p *visitor) visitValue(step *plan.VisitStep, at *plan.Slot, parent, v reflect.Value, depth int) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if depth == len(step.SkipZero) || step.SkipZero[depth] && v.IsZero() {
		return // there are no rules, or they do not apply to zero
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
			p.visitElement(step, at.Node.Elem, parent, v.Index(i), depth)
			p.pointer, p.inside = p.pointer[:length], p.inside[:inside]
		}
	case plan.KindMap:
		elem := reflect.New(v.Type().Elem()).Elem() // the elements of a map have no address
		p.maps++
		for entry := v.MapRange(); entry.Next() && !p.cut; {
			elem.SetIterValue(entry)
			p.push(plan.Star)
			if depth < len(step.ElementRules) {
				p.runTag(step, parent, entry.Key(), step.ElementRules[depth].Keys)
			}
			p.visitElement(step, at.Node.Elem, parent, elem, depth)
			p.inside = p.inside[:inside]
		}
		p.maps--
	default:
		if step.Inner != nil {
			p.visitStruct(step.Inner, v)
		}
	}
	if p.methods && step.HasMethod[depth] && len(p.faults) == wrong && !p.cut {
		p.callValidate(step, v)
	}
}

// visitElement visits one element of a value that is that many dives below a field.
func (p *visitor) visitElement(step *plan.VisitStep, at *plan.Slot, parent, v reflect.Value, depth int) {
	if depth < len(step.ElementRules) {
		p.runTag(step, parent, v, step.ElementRules[depth].Elem)
	}
	p.visitValue(step, at, parent, v, depth+1)
}

// runTag runs the validator on one value.
func (p *visitor) runTag(step *plan.VisitStep, parent, v reflect.Value, tag string) {
	if tag == "" {
		return
	}
	// The validator cannot read an unexported embedded struct, so pass the struct around
	// it, which has the same fields.
	for n := len(step.Index) - 1; n > 0; n-- {
		if in := parent.FieldByIndex(step.Index[:n]); in.CanInterface() {
			parent = in
			break
		}
	}
	if v.Kind() == reflect.Interface {
		v = v.Addr() // keeps the type of the interface if its value is nil
	}
	p.record(nil, step.Scope, p.Validator.VarWithValueCtx(p.ctx, v.Interface(), parent.Addr().Interface(), tag))
}

// push adds a token to the pointer, or to the way inside a map.
func (p *visitor) push(token string) {
	if p.maps == 0 {
		p.pointer = append(p.pointer, token...)
	} else {
		p.inside = append(p.inside, token...)
	}
}
