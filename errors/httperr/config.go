package httperr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ConfigError is one fault of a configuration. The New functions of all
// packages return every fault at once, joined by errors.Join.
type ConfigError struct {
	Package string // package that refused, such as "cors"
	Field   string // field of its Config, such as "Origins[2]"
	Value   string // the refused value, quoted as in Go; empty if missing or secret
	Reason  string // what is wrong with it
	Fix     string // what to write instead
}

// Error reads `cors: Origins[2]: "null": reason; fix`.
func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString(e.Package)
	for _, part := range []string{e.Field, e.Value, e.Reason} {
		if part != "" {
			b.WriteString(": ")
			b.WriteString(part)
		}
	}
	if e.Fix != "" {
		b.WriteString("; ")
		b.WriteString(e.Fix)
	}
	return b.String()
}

// ConfigFaults collects what is wrong with one Config. The zero value with a
// Package is ready:
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

// Add adds a fault. value is the refused value, which is shown quoted; nil
// shows none, as is right for one that is missing and for a secret.
func (f *ConfigFaults) Add(field string, value any, reason, fix string) {
	text := ""
	if value != nil {
		text = strconv.Quote(fmt.Sprint(value))
	}
	f.errs = append(f.errs, &ConfigError{Package: f.Package, Field: field, Value: text, Reason: reason, Fix: fix})
}

// AddAll adds the faults that another ConfigFaults has joined in err, with prefix
// in front of their fields. Their Package becomes that of f.
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

// Len returns how many faults there are.
func (f *ConfigFaults) Len() int { return len(f.errs) }
