package check

import (
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// relatives returns f, of a rule whose parameter names other fields, with the
// JSON names of these, and where they are. One that the client cannot set is
// nobody's business.
func relatives(in plan.StructScope, f plan.Fault, e validator.FieldError) (plan.Fault, []plan.LocatedFault) {
	names, places := []string{}, []plan.LocatedFault{}
	step := rule.Table[e.Tag()].Fields.Step()
	for i, path := range rule.Choices(e.Param()) {
		if i%step != 0 { // a value
			continue
		}
		to := locateField(in, path, nil, false)
		name, place := strings.TrimPrefix(to.pointer[len(in.Pointer):], "/"), plan.LocatedFault{Pointer: to.pointer}
		if to.param != nil {
			name, place = to.param.Name, to.param.Finding(plan.Fault{})
			f.Message = strings.Replace(f.Message, "another member", "another parameter", 1)
		}
		if name == "" || to.rest != "" {
			return f, nil
		}
		names, places = append(names, name), append(places, place)
	}
	switch {
	case len(names) == 0:
		return f, nil
	case rule.Table[e.Tag()].Fields == rule.OneField:
		return f.With("with", names[0]), places
	}
	return f.With("with", names), places
}
