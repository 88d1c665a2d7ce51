package validate

import (
	"cmp"
	"reflect"
	"slices"
)

// A parameter is a field that is read from elsewhere than JSON, compiled.
type parameter struct {
	in       source
	name     string // as sent; that of a header in canonical form
	place    int    // among those of its source
	index    []int  // of the field, from the outermost struct
	typ      reflect.Type
	kind     kind // of the value, or of the elements
	bits     int
	file     bool
	accept   []string // media types of a file
	pointer  bool
	list     bool
	slice    reflect.Type // of the list
	comma    bool         // the list is one value with commas in it
	required bool
	maxItems int
	maxBytes int
	length   *length // of text that is not changed before its rules
}

// at is what findings of p sort by: before those of the body.
func (p *parameter) at() int { return int(p.in)<<16 + p.place - 1<<30 }

// An input is a request on its way into a value.
type input struct {
	given  [sources]uint64 // the parameters that the client has sent
	unread [sources]bool   // nobody knows which
	found  []finding       // what is wrong with them
	items  int             // in the lists
	memory int64           // that they take
}

func (in *input) has(p *parameter) bool { return in.given[p.in]&(1<<p.place) != 0 }

// finding returns a fault of p in its place.
func (p *parameter) finding(f fault) finding {
	return finding{fault: f, at: p.at(), in: p.in.String(), name: p.name}
}

// fault notes what is wrong with a parameter.
func (in *input) fault(p *parameter, f fault) {
	in.found, _ = add(in.found, p.finding(f))
}

// broken notes what is wrong with a source, of which no parameter is named:
// the name would be the client's.
func (in *input) broken(s source, f fault) {
	in.found, _ = add(in.found, finding{fault: f, at: (&parameter{in: s}).at() - 1, in: s.String()})
}

// end notes why the rest of a source could not be read. It returns false.
func (in *input) end(s source, f fault) bool {
	in.unread[s] = true
	in.broken(s, f)
	return false
}

// Ways to be wrong that JSON does not have.
var (
	faultUnknownParam = fault{code: "unknown_parameter", message: "has a parameter that is not known"}
	faultRepeated     = fault{code: "duplicate", message: "is given more than once"}
	faultParams       = fault{code: "too_many_parameters", message: "has too many parameters"}
	faultQuerySyntax  = fault{code: "syntax", message: "is not a well-formed list of parameters"}
	faultEmptyItem    = fault{code: "empty_item", message: "has an empty item"}
	faultDateTime     = fault{code: "format_date_time", message: "must be a date and time as in RFC 3339"}
)

// before returns the findings with those of the parameters before them.
func (in *input) before(found []finding) []finding {
	if len(in.found) == 0 {
		return found
	}
	all := append(slices.Clone(in.found), found...)
	slices.SortStableFunc(all, func(a, b finding) int { return cmp.Compare(a.at, b.at) })
	return all
}

// rule adds a broken rule of p to the findings, of which the first n are not
// about rules: what could not be read breaks none, and what is absent and whose
// zero value is against the rule is required.
func (in *input) rule(found []finding, n int, p *parameter, f fault) []finding {
	about := func(f finding) bool { return f.in == p.in.String() && f.name == p.name }
	if in.unread[p.in] || slices.ContainsFunc(found[:n], about) {
		return found
	}
	if !in.has(p) && f.relation == unrelated {
		f = faultRequired
	}
	return append(found, p.finding(f))
}
