package httperr

import (
	"errors"
	"fmt"
	"strconv"
)

// ConfigError is one fault of a configuration. The New functions of all
// packages return every fault at once, joined by errors.Join.
type ConfigError struct {
	Package string // package that refused, such as "cors"
	Field   string // field of its Config, such as "Origins[2]"
	Value   string // the refused value, quoted as in Go; empty if missing or secret
	Reason  string // why the value is refused
	Fix     string // the change that the user should make
}

// Error reads `cors: Origins[2]: "null": reason; fix`.
func (e *ConfigError) Error() string {
	text := e.Package
	for _, part := range []string{e.Field, e.Value, e.Reason} {
		if part != "" {
			text += ": " + part
		}
	}
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return text
}

// ConfigFaults collects the faults of one Config. The zero value with a Package
// is ready for use:
//
//	f := httperr.ConfigFaults{Package: "cors"}
//	if len(cfg.Origins) == 0 {
//		f.Add("Origins", nil, "at least one origin is required", "list each one")
//	}
//	return f.Err()
type ConfigFaults struct {
	Package string
	errs    []error
}

// Add adds a fault. value is the refused value, and the error shows it quoted.
// Pass nil, which shows no value, if the value is missing or is a secret.
func (f *ConfigFaults) Add(field string, value any, reason, fix string) {
	text := ""
	if value != nil {
		text = strconv.Quote(fmt.Sprint(value))
	}
	f.errs = append(f.errs, &ConfigError{Package: f.Package, Field: field, Value: text, Reason: reason, Fix: fix})
}

// AddAll adds copies of the faults that another ConfigFaults has joined in err.
// A copy has prefix in front of its Field and the Package of f.
func (f *ConfigFaults) AddAll(prefix string, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, err := range joined.Unwrap() {
		if e, ok := errors.AsType[*ConfigError](err); ok {
			e := *e
			e.Package, e.Field = f.Package, prefix+e.Field
			f.errs = append(f.errs, &e)
		}
	}
}

// Err returns all faults joined, or nil if there are none.
func (f *ConfigFaults) Err() error { return errors.Join(f.errs...) }

// All returns the faults one by one.
func (f *ConfigFaults) All() []error { return f.errs }

// Len returns the number of faults.
func (f *ConfigFaults) Len() int { return len(f.errs) }
