package validate

import (
	"reflect"
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

var (
	faultConditional = fault{code: "required", message: "is required", relation: conditional}
	faultExcluded    = fault{code: "excluded", message: "is not allowed", relation: related}
	faultCompared    = fault{code: "compare", relation: related}
)

// relate returns the fault of a broken rule about other fields of the struct
// too.
func relate(e validator.FieldError) (fault, bool) {
	if words, ok := comparisons[e.Tag()]; ok {
		f := faultCompared
		f.message = words.of(e.Kind()) + " another member"
		return f, true
	}
	start, condition, _ := strings.Cut(e.Tag(), "_")
	f := faultConditional
	switch {
	case reasons[condition] == "":
		return fault{}, false
	case start == "excluded":
		f = faultExcluded
	case start != "required":
		return fault{}, false
	}
	f.message += reasons[condition]
	return f, true
}

// reasons are why a member is required or excluded, by the ends of the tags.
var reasons = map[string]string{
	"if": " because of the value of another member", "unless": " because of the value of another member",
	"with": " because another member is there", "with_all": " because other members are there",
	"without": " because another member is absent", "without_all": " because other members are absent",
}

// A comparison has the words for values, and for times. New refuses to compare
// lengths.
type comparison struct{ value, time string }

var comparisons = map[string]comparison{
	"eqfield":       {"must be equal to", "must be equal to"},
	"nefield":       {"must not be equal to", "must not be equal to"},
	"gtfield":       {"must be more than", "must be after"},
	"gtefield":      {"must not be less than", "must not be before"},
	"ltfield":       {"must be less than", "must be before"},
	"ltefield":      {"must not be more than", "must not be after"},
	"fieldcontains": {value: "must contain the text of"},
	"fieldexcludes": {value: "must not contain the text of"},
}

// of returns the words for a value of kind k.
func (c comparison) of(k reflect.Kind) string {
	if k == reflect.Struct {
		return c.time
	}
	return c.value
}

// relatives returns f, of a rule whose parameter names other fields, with the
// JSON names of these, and where they are. One that the client cannot set is
// nobody's business.
func (in scope) relatives(f fault, e validator.FieldError) (fault, []finding) {
	names, places := []string{}, []finding{}
	step := max(1, crossField[e.Tag()])
	for i, path := range choices(e.Param()) {
		if i%step != 0 { // a value
			continue
		}
		to := in.trace(path, nil, false)
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
	_, one := comparisons[e.Tag()]
	switch {
	case len(names) == 0:
		return f, nil
	case one:
		return f.with("with", names[0]), places
	}
	return f.with("with", names), places
}
