package check

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// RunValidateMethods calls the Validate methods inside v first, and v's own only if those
// found no fault, so that it can rely on its fields.
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
	j, ok := v.(plan.SelfValidator)
	if !ok {
		return nil
	}
	err := j.Validate(ctx)
	if err == nil {
		return nil
	}
	faults, other := heard(v, err)
	if other != nil {
		return other
	}
	return invalid(faults, err)
}

// callValidate calls the Validate method of a value that b leads to.
func (p *visitor) callValidate(b *plan.VisitStep, v reflect.Value) {
	j := v.Addr().Interface().(plan.SelfValidator)
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
		case b.Param != nil:
			f.Pointer, f.In, f.Name = nil, b.Param.In.String(), b.Param.Name
		case f.Pointer != nil:
			place, inside := string(p.pointer), ""
			if p.maps == 0 {
				place += *f.Pointer
			} else { // the way there has a name of the client in it
				inside = string(p.inside) + *f.Pointer
			}
			f = plan.Within(f, inside)
			f.Pointer = &place
		}
		p.faults = append(p.faults, f)
	}
	p.cut = len(p.faults) > plan.MaxFaults
}

// heard returns the faults that the Validate method of v returned. Only if all
// of err is faults are there any: an error of a database among them is not the
// client's doing and must not be hidden behind its mistakes, so it is returned.
func heard(v any, err error) (faults []httperr.Fault, other error) {
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

func invalid(faults []httperr.Fault, cause error) error {
	e := plan.ErrInvalid.With(cause)
	if e.Faults = faults; len(faults) > plan.MaxFaults {
		e.Faults, e.Truncated = faults[:plan.MaxFaults], true
	}
	return e
}

func collect(err error, to *[]*RuleFault) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !collect(e, to) {
				return false
			}
		}
		return true
	}
	f, ok := errors.AsType[*RuleFault](err)
	if ok {
		*to = append(*to, f)
	}
	return ok
}
