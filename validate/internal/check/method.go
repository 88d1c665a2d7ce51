package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

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
			return invalid(plan.ErrInvalid.With(errors.Join(p.causes...)), p.faults)
		}
	}
	self, ok := v.(plan.SelfValidator)
	if !ok {
		return nil
	}
	if err := self.Validate(ctx); err != nil {
		return Refusal(v, err)
	}
	return nil
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

// Refusal returns the answer to err, the error of the Validate method of v, or of a handler if
// v is nil. If err consists of faults, they become those of ErrInvalid, or of the
// httperr.Error around them.
func Refusal(v any, err error) error {
	faults, other := faultsOf(v, err)
	if other != nil {
		return other
	}
	e, ok := errors.AsType[*httperr.Error](err)
	switch {
	case !ok:
		e = plan.ErrInvalid.With(err)
	case len(e.Faults) > 0, e.Status >= http.StatusInternalServerError:
		return err
	}
	return invalid(e.With(e.Cause), faults)
}

// faultsOf returns the faults in the error err of the Validate method of v, or of a handler if
// v is nil. If err also
// contains another error, such as an error of a database, other is err: a failure of the
// program must not be hidden behind mistakes of the client.
func faultsOf(v any, err error) (faults []httperr.Fault, other error) {
	var list []*RuleFault
	if !collect(err, &list) || len(list) == 0 {
		return nil, err
	}
	for _, f := range list {
		if m := f.mistake(); m != "" {
			if v == nil {
				return nil, httperr.ErrInternal.With(errors.New("validate: an error of a handler: " + m))
			}
			return nil, httperr.ErrInternal.With(fmt.Errorf("validate: method Validate of %T: %s", v, m))
		}
		faults = append(faults, f.Fault)
	}
	return faults, nil
}

// invalid adds the faults to e, the answer.
func invalid(e *httperr.Error, faults []httperr.Fault) error {
	if e.Faults = faults; len(faults) > plan.MaxFaults {
		e.Faults, e.Truncated = faults[:plan.MaxFaults], true
	}
	return e
}

// collect adds the faults in err to the list, and reports whether err contains only faults.
func collect(err error, list *[]*RuleFault) bool {
	switch e := err.(type) {
	case *RuleFault:
		*list = append(*list, e)
		return true
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !collect(err, list) })
	case interface{ Unwrap() error }:
		return collect(e.Unwrap(), list)
	}
	return false
}
