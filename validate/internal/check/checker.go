// Package check runs the rules of the validate tags and the Validate methods on a decoded
// value, and merges their faults with those of the scan.
package check

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A Checker runs the rules of the tags and the Validate methods on a value.
type Checker struct {
	Limits    *plan.Limits
	Root      *plan.Slot
	Visits    *plan.VisitPlan // the way to the rules; nil if there are no rules
	Methods   *plan.VisitPlan // the way to the Validate methods inside the value
	Validator *validator.Validate
	Own       rule.OwnRules
}

// A Violation is a broken rule of a parameter or of a value in the body.
type Violation struct {
	plan.LocatedFault
	param *plan.Parameter // nil for a value in the body
}

// RunRules runs the rules of the tags on the decoded value. New has tried each rule, but a
// rule may still panic on a value that New did not try: this costs one request only. cut
// tells that there may be more violations.
func (c *Checker) RunRules(ctx context.Context, v any) (violations []Violation, cut bool, err error) {
	if c.Visits == nil {
		return nil, false, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = httperr.ErrInternal.With(fmt.Errorf("validate: a rule panicked: %v", p))
		}
	}()
	p := visitor{Checker: c, ctx: ctx}
	if len(c.Visits.Steps) > 0 {
		p.pointer = make([]byte, 0, 64)
	}
	p.visitStruct(c.Visits, reflect.ValueOf(v).Elem())
	return p.violations, p.cut, p.err
}

// record adds the violations that the validator found in the struct of w. If w is nil, it
// has checked the value at the pointer, in a field of the scope in.
func (p *visitor) record(w *plan.VisitPlan, in plan.StructScope, err error) {
	if err == nil {
		return
	}
	list, ok := err.(validator.ValidationErrors)
	if !ok {
		p.err, p.cut = httperr.ErrInternal.With(fmt.Errorf("validate: %T", err)), true
		return
	}
	for _, e := range list {
		if p.seen++; p.seen > plan.MaxBroken {
			p.cut = true
			return
		}
		p.violations = append(p.violations, p.violation(w, in, e))
	}
}

// violation converts one error of the validator.
func (p *visitor) violation(w *plan.VisitPlan, in plan.StructScope, e validator.FieldError) Violation {
	v := Violation{LocatedFault: plan.LocatedFault{Pointer: string(p.pointer), Inside: string(p.inside)}}
	if w != nil {
		path := e.Namespace()
		if name := w.Node.Typ.Name(); name != "" { // the name of a generic type has dots
			path = strings.TrimPrefix(path, name+".")
		}
		to := locateField(plan.StructScope{Node: w.Node, Fields: w.Node.Fields}, path, e.Type(), p.maps > 0)
		in = to.scope
		switch {
		case to.param != nil:
			v.LocatedFault, v.param = to.param.Finding(plan.Fault{}), to.param
		case p.maps > 0:
			v.Inside += to.pointer + to.inside
		default:
			v.Pointer, v.Inside = v.Pointer+to.pointer, to.inside
		}
	}
	if v.Fault = p.Own.Describe(e); v.Compares {
		v.Fault = withOther(in, v.Fault, e)
	}
	return v
}

// withOther adds the other field to the fault f of a comparison, by the name that clients
// know. A field that clients cannot set is not named.
func withOther(in plan.StructScope, f plan.Fault, e validator.FieldError) plan.Fault {
	to := locateField(in, e.Param(), nil, false)
	name := strings.TrimPrefix(to.pointer[len(in.Pointer):], "/")
	if to.param != nil {
		name = to.param.Name
		f.Message = strings.Replace(f.Message, "another member", "another parameter", 1)
	}
	if name == "" || to.rest != "" {
		return f
	}
	return f.With("with", name)
}
