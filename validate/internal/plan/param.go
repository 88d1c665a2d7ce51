package plan

import (
	"cmp"
	"reflect"
	"slices"
)

// A Parameter is a field that is read from elsewhere than JSON, compiled.
type Parameter struct {
	In       Source
	Name     string // as sent; that of a header in canonical form
	Place    int    // among those of its source
	Index    []int  // of the field, from the outermost struct
	Typ      reflect.Type
	Kind     Kind // of the value, or of the elements
	Bits     int
	File     bool
	Accept   []string // media types of a file
	Pointer  bool
	List     bool
	Slice    reflect.Type // of the list
	Comma    bool         // the list is one value with commas in it
	Required bool
	MaxItems int
	MaxBytes int
	Length   *Length // of text that is not changed before its rules
	Watch    *Watch  // nil: no rule asks whether it was sent
}

// at is what findings of p sort by: before those of the body.
func (p *Parameter) at() int { return int(p.In)<<16 + p.Place - 1<<30 }

// An Input is a request on its way into a value.
type Input struct {
	Given  [Sources]uint64 // the parameters that the client has sent
	unread [Sources]bool   // nobody knows which
	Found  []LocatedFault  // what is wrong with them
	Items  int             // in the lists
	Memory int64           // that they take
	Known  Known           // of the parameters that rules ask about
}

func (in *Input) Has(p *Parameter) bool { return in.Given[p.In]&(1<<p.Place) != 0 }

// Finding returns a fault of p in its place.
func (p *Parameter) Finding(f Fault) LocatedFault {
	return LocatedFault{Fault: f, At: p.at(), In: p.In.String(), name: p.Name}
}

// Fault notes what is wrong with a parameter.
func (in *Input) Fault(p *Parameter, f Fault) {
	in.Found, _ = Add(in.Found, p.Finding(f))
}

// Broken notes what is wrong with a source, of which no parameter is named:
// the name would be the client's.
func (in *Input) Broken(s Source, f Fault) {
	in.Found, _ = Add(in.Found, LocatedFault{Fault: f, At: (&Parameter{In: s}).at() - 1, In: s.String()})
}

// End notes why the rest of a source could not be read. It returns false.
func (in *Input) End(s Source, f Fault) bool {
	in.unread[s] = true
	in.Broken(s, f)
	return false
}

// Ways to be wrong that JSON does not have.
var (
	FaultUnknownParam = Fault{Code: "unknown_parameter", Message: "has a parameter that is not known"}
	FaultRepeated     = Fault{Code: "duplicate", Message: "is given more than once"}
	FaultParams       = Fault{Code: "too_many_parameters", Message: "has too many parameters"}
	FaultQuerySyntax  = Fault{Code: "syntax", Message: "is not a well-formed list of parameters"}
	FaultEmptyItem    = Fault{Code: "empty_item", Message: "has an empty item"}
	FaultDateTime     = Fault{Code: "format_date_time", Message: "must be a date and time as in RFC 3339"}
)

// Before returns the findings with those of the parameters before them.
func (in *Input) Before(found []LocatedFault) []LocatedFault {
	if len(in.Found) == 0 {
		return found
	}
	all := append(slices.Clone(in.Found), found...)
	slices.SortStableFunc(all, func(a, b LocatedFault) int { return cmp.Compare(a.At, b.At) })
	return all
}

// Rule adds a broken rule of p to the findings, of which the first n are not
// about rules: what could not be read breaks none, and what is absent and whose
// zero value is against the rule is required.
func (in *Input) Rule(found []LocatedFault, n int, p *Parameter, f Fault) []LocatedFault {
	if in.unread[p.In] || slices.ContainsFunc(found[:n], p.isAbout) {
		return found
	}
	if !in.Has(p) && !f.Compares {
		f = FaultRequired
	}
	return append(found, p.Finding(f))
}

// isAbout reports whether f is a fault of p.
func (p *Parameter) isAbout(f LocatedFault) bool { return f.In == p.In.String() && f.name == p.Name }

// Slot returns the place that p would have in JSON, where there is no null.
func (p *Parameter) Slot() *Slot {
	one := Slot{Node: &Node{Kind: p.Kind, Typ: p.Typ, Bits: p.Bits}, Pointer: p.Pointer, MaxBytes: p.MaxBytes}
	if !p.List {
		return &one
	}
	most := p.MaxItems
	if !p.Comma && !SourceInfo[p.In].Lines {
		most = min(most, MaxParams) // each item is a parameter
	}
	return &Slot{Node: &Node{Kind: KindList, Typ: p.Slice, Elem: &one}, MaxItems: most}
}
