package check

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// RunValidateMethods calls the Validate methods inside v first, and the method of v only
// if those found no fault, so that it can rely on its fields.
func (c *Checker) RunValidateMethods(ctx context.Context, v any) error {
	if c.Methods != nil {
		p := visitor{Checker: c, ctx: ctx, methods: true, pointer: make([]byte, 0, 64)}
		p.visitStruct(c.Methods, reflect.ValueOf(v).Elem())
		switch {
		case p.err != nil:
			return p.err
		case len(p.faults) > 0:
			return invalid(p.faults, errors.Join(p.causes...))
		}
	}
	self, ok := v.(plan.SelfValidator)
	if !ok {
		return nil
	}
	err := self.Validate(ctx)
	if err == nil {
		return nil
	}
	faults, other := faultsOf(v, err)
	if other != nil {
		return other
	}
	return invalid(faults, err)
}

// callValidate calls the Validate method of the value v, which step leads to.
func (p *visitor) callValidate(step *plan.VisitStep, v reflect.Value) {
	self := v.Addr().Interface().(plan.SelfValidator)
	err := self.Validate(p.ctx)
	if err == nil {
		return
	}
	faults, other := faultsOf(self, err)
	if other != nil {
		p.err, p.cut = other, true
		return
	}
	p.causes = append(p.causes, err)
	for _, f := range faults {
		switch {
		case step.Param != nil:
			f.Pointer, f.In, f.Name = nil, step.Param.In.String(), step.Param.Name
		case f.Pointer != nil:
			place, inside := string(p.pointer), ""
			if p.maps == 0 {
				place += *f.Pointer
			} else { // the way to v has a name that the client chose
				inside = string(p.inside) + *f.Pointer
			}
			f = plan.Within(f, inside)
			f.Pointer = &place
		}
		p.faults = append(p.faults, f)
	}
	p.cut = len(p.faults) > plan.MaxFaults
}

// faultsOf returns the faults in the error err of the Validate method of v. If err also
// contains another error, such as an error of a database, other is err: a failure of the
// program must not be hidden behind mistakes of the client.
func faultsOf(v any, err error) (faults []httperr.Fault, other error) {
	var list []*RuleFault
	if !collect(err, &list) || len(list) == 0 {
		return nil, err
	}
	for _, f := range list {
		if m := f.mistake(); m != "" {
			return nil, httperr.ErrInternal.With(fmt.Errorf("validate: method Validate of %T: %s", v, m))
		}
		faults = append(faults, f.Fault)
	}
	return faults, nil
}

// invalid returns the refusal with the faults of Validate methods.
func invalid(faults []httperr.Fault, cause error) error {
	e := plan.ErrInvalid.With(cause)
	if e.Faults = faults; len(faults) > plan.MaxFaults {
		e.Faults, e.Truncated = faults[:plan.MaxFaults], true
	}
	return e
}

// collect adds the faults in err to the list, and reports whether err contains only faults.
func collect(err error, list *[]*RuleFault) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !collect(e, list) {
				return false
			}
		}
		return true
	}
	f, ok := errors.AsType[*RuleFault](err)
	if ok {
		*list = append(*list, f)
	}
	return ok
}
