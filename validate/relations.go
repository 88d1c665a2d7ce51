package validate

import (
	"strings"

	"github.com/go-playground/validator/v10"
)

// A relation is what a fault has to do with other members or parameters.
type relation uint8

const (
	unrelated   relation = iota // nothing
	conditional                 // they are why it is required, as it stays where it is absent
	related                     // it says nothing as long as they are at fault themselves
)

// relatives returns f, of a rule whose parameter names other fields, with the
// JSON names of these, and where they are. One that the client cannot set is
// nobody's business.
func relatives(in scope, f fault, e validator.FieldError) (fault, []finding) {
	names, places := []string{}, []finding{}
	step := table[e.Tag()].fields.step()
	for i, path := range choices(e.Param()) {
		if i%step != 0 { // a value
			continue
		}
		to := trace(in, path, nil, false)
		name, place := strings.TrimPrefix(to.pointer[len(in.pointer):], "/"), finding{pointer: to.pointer}
		if to.param != nil {
			name, place = to.param.name, to.param.finding(fault{})
			f.message = strings.Replace(f.message, "another member", "another parameter", 1)
		}
		if name == "" || to.rest != "" {
			return f, nil
		}
		names, places = append(names, name), append(places, place)
	}
	switch {
	case len(names) == 0:
		return f, nil
	case table[e.Tag()].fields == oneField:
		return f.with("with", names[0]), places
	}
	return f.with("with", names), places
}
