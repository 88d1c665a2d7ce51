package jwa

import (
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Checker is a source of keys that can say before the first request what is wrong
// with it. Only packages of authn can declare the method, so no source of somebody
// else's can pass for one of shared secrets.
type Checker interface {
	SelfCheck() SelfCheck
}

// SelfCheck is the answer of a Checker.
type SelfCheck struct {
	Err     error // the faults, joined, whose fields begin with Keys
	Secrets bool  // the keys are shared secrets
}

// Leaves returns the faults that a httperr.ConfigFaults has joined.
func Leaves(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return nil
}

// AddFaults adds the faults that are joined in err, with at in front of their fields.
func AddFaults(f *httperr.ConfigFaults, at string, err error) {
	for _, err := range Leaves(err) {
		e := err.(*httperr.ConfigError)
		var value any
		if s, err := strconv.Unquote(e.Value); err == nil {
			value = s
		}
		f.Add(at+e.Field, value, e.Reason, e.Fix)
	}
}
