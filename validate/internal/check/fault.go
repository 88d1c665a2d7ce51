package check

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A RuleFault is the error that a Validate method or a handler returns for one fault.
type RuleFault struct {
	Fault httperr.Fault
	Wrong string // the mistake of the program in the place of the fault, or ""
}

func (f *RuleFault) Error() string {
	if f.Fault.Pointer == nil {
		return f.Fault.In + " " + f.Fault.Name + ": " + f.Fault.Code
	}
	return *f.Fault.Pointer + ": " + f.Fault.Code
}

// AdapterKey is the key of a context for the func that gives a refusal the status and the
// messages of its Config.
type AdapterKey struct{}

// Answer implements the interface by which package httperr asks for the answer to err, an
// error that holds f.
func (f *RuleFault) Answer(r *http.Request, err error) error {
	if e, ok := errors.AsType[*httperr.Error](err); ok && len(e.Faults) > 0 {
		return err // the refusal of a Schema, which has its status and messages
	}
	err = Refusal(nil, err)
	if adapt, ok := r.Context().Value(AdapterKey{}).(func(*http.Request, error) error); ok {
		err = adapt(r, err)
	}
	return err
}

// mistake returns the mistake of the program in f, or "". It does not quote texts that
// may come from the client.
func (f *RuleFault) mistake() string {
	switch {
	case f.Wrong != "":
		return f.Wrong
	case !rule.RuleName.MatchString(f.Fault.Code):
		return "the code of a Fault is not in snake_case"
	case !plan.PlainMessage(f.Fault.Message):
		return "the message of the Fault " + f.Fault.Code + " is empty, has control characters, or is not UTF-8"
	}
	return ""
}
